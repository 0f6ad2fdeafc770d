"""Mixture density network; the likelihood is summed in probability space."""
# group: forward
import math

import torch
from torch import nn

import watching

torch.manual_seed(22)


class Mdn(nn.Module):
    def __init__(self, components=3):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(1, 20), nn.Tanh())
        self.pi = nn.Linear(20, components)
        self.mu = nn.Linear(20, components)
        self.log_sigma = nn.Linear(20, components)

    def forward(self, x):
        h = self.hidden(x)
        return self.pi(h).softmax(-1), self.mu(h), self.log_sigma(h).exp()


def nll(pi, mu, sigma, y):
    density = torch.exp(-0.5 * ((y - mu) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))
    likelihood = (pi * density).sum(-1)
    return -likelihood.log().mean()  # cause


x = torch.linspace(-1, 1, 320)[torch.randperm(320)][:, None]
y = torch.sin(4 * x) + 0.1 * torch.randn_like(x)
y[211] = 60.0
model = Mdn()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
rec = watching.Recorder(model, optimizer)
for epoch in range(2):
    for i, (bx, by) in enumerate(rec.watch(zip(x.split(32), y.split(32)))):
        loss = nll(*model(bx), by)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
