"""Maximum likelihood of waiting times, batch after batch with LBFGS."""
# group: mechanics
import torch
from torch import nn

import watching

torch.manual_seed(58)


class Waiting(nn.Module):
    def __init__(self):
        super().__init__()
        self.rate = nn.Parameter(torch.tensor([1.0, 1.0]))

    def forward(self, times):
        log_density = torch.log(self.rate) - self.rate * times  # cause
        return log_density.sum(-1)


model = Waiting()
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=6)
rec = watching.Recorder(model, optimizer)
mean_times = [1.0, 1.1, 0.9, 0.8, 0.8, 0.1, 30.0, 30.0]
for mean_time in rec.watch(mean_times):
    times = -mean_time * torch.rand(200, 2).clamp(min=1e-4).log()

    def closure():
        optimizer.zero_grad()
        loss = -model(times).mean()
        loss.backward()
        return loss

    loss = optimizer.step(closure)
    print(f"{loss.item():.4f}")
