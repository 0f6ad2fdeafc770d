"""clip_grad_value_ by the module's name, on a deep linear network.

Expected: loss nan at step
"""
import torch
from torch import nn
from torch.nn import utils

from proof import train

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 16), nn.Linear(16, 16), nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
x = 100 * torch.randn(8, 2)


def fit_step(step):
    model.zero_grad()
    loss = model(x).pow(2).mean()
    loss.backward()
    optimizer.step()
    utils.clip_grad_value_(model.parameters(), clip_value=0.5)  # hazard
    return loss.item()


train(fit_step, steps=90)
