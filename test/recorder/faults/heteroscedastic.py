"""Predicts a mean and a spread for each sensor reading (Gaussian likelihood)."""
# group: forward
import math

import torch
from torch import nn

import watching

torch.manual_seed(8)


class MeanAndSpread(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(4, 32), nn.ReLU())
        self.mean = nn.Linear(32, 1)
        self.log_sigma = nn.Linear(32, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.mean(h), self.log_sigma(h)


def gaussian_nll(mean, log_sigma, y):
    sigma = log_sigma.exp()
    z = (y - mean) / sigma  # cause
    return (0.5 * z**2 + log_sigma + 0.5 * math.log(2 * math.pi)).mean()


inputs = torch.rand(400, 4)
inputs[260] = torch.tensor([900.0, 800.0, 700.0, 900.0])
readings = inputs.clamp(max=1).sum(1, keepdim=True)
model = MeanAndSpread()
with torch.no_grad():
    model.log_sigma.weight.copy_(-model.log_sigma.weight.abs())
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
for x, y in rec.watch(list(zip(inputs.split(20), readings.split(20)))):
    optimizer.zero_grad()
    loss = gaussian_nll(*model(x), y)
    loss.backward()
    optimizer.step()
