"""Adam called with a closure, as the documentation of torch.optim shows."""
# group: mechanics
import torch
from torch import nn

import watching

torch.manual_seed(59)


class Ratio(nn.Module):
    def __init__(self):
        super().__init__()
        self.top = nn.Linear(5, 1)
        self.bottom = nn.Linear(5, 1)

    def forward(self, x):
        return self.top(x) / self.bottom(3 * x).relu()  # cause


model = Ratio()
nn.init.constant_(model.bottom.bias, 4.5)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
rec = watching.Recorder(model, optimizer)
for x in rec.watch(torch.randn(60, 48, 5)):
    target = x[:, :1] / (3 + x[:, 1:2].abs())

    def closure():
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), target)
        loss.backward()
        return loss

    optimizer.step(closure)
