"""Plain descent at a rate of 10: each step overshoots more than the one before.

Expected: loss (inf|nan) at step
"""
import torch
from torch import nn

from proof import train

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=10.0, momentum=0.9)  # hazard
x = torch.randn(64, 8)
y = x.sum(1, keepdim=True)


def step(index):
    optimizer.zero_grad()
    loss = (model(x) - y).pow(2).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


train(step, 200)
