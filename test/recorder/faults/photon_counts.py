"""Poisson regression of photon counts with a log link."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(4)


class RateModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 24), nn.Softplus(), nn.Linear(24, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


def poisson_nll(log_rate, counts):
    rate = torch.exp(log_rate)  # cause
    return (rate - counts * log_rate).mean()


x = torch.rand(512, 3)
x[330, 1] = 4000.0  # one exposure is in seconds, not in hours
counts = torch.poisson(torch.exp(x.clamp(max=1).sum(1)))
model = RateModel()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-2)
rec = watching.Recorder(model, optimizer)

order = torch.arange(512).view(-1, 32)
for rows in rec.watch(order):
    loss = poisson_nll(model(x[rows]), counts[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{loss.item():.3f}")
