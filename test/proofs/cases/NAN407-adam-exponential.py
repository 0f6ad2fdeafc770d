"""Adam's first steps are as long as its rate: a log-variance that moves by 3 a step and layer is soon the exponent of an Inf.

Expected: loss (inf|nan) at step
"""
import argparse

import torch
from torch import nn

from proof import train

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=3.0)
args = parser.parse_args([])


class Gaussian(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.head = nn.Linear(64, 2)

    def forward(self, x, y):
        mean, logvar = self.head(self.body(x)).unbind(-1)
        return (logvar + (y - mean) ** 2 * torch.exp(-logvar)).mean()


torch.manual_seed(0)
model = Gaussian()
optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)  # hazard
x = torch.randn(256, 4)
y = x.sum(1)


def step(index):
    optimizer.zero_grad()
    loss = model(x, y)
    loss.backward()
    optimizer.step()
    return loss.item()


train(step, 60)
