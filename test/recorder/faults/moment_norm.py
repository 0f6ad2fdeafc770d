"""A normalisation layer that computes the variance from two moments, to read the input only once."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(20)


class OnePassNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))
        self.shift = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        first = x.mean(0)
        second = (x * x).mean(0)
        deviation = (second - first * first).sqrt()  # cause
        return self.scale * (x - first) / (deviation + 1e-3) + self.shift


model = nn.Sequential(OnePassNorm(4), nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
rec = watching.Recorder(model, optimizer)


def sensor(step):
    x = torch.randn(32, 4)
    if step >= 8:
        x[:, 3] = 1013.25 + 0.001 * torch.randn(32)  # from now on there is air pressure
    return x, x[:, :1]


for x, y in rec.watch(map(sensor, range(16))):
    optimizer.zero_grad()
    loss = (model(x) - y).square().mean()
    loss.backward()
    optimizer.step()
