"""A sum of a thousand hundreds, and torch's own squared error.

Expected: edge 0: value inf
"""
import torch
import torch.nn.functional as F

from proof import prove


def total(x):
    h = x.to(torch.float16)
    return torch.sum(h)  # hazard


def squared(x, y):
    return F.mse_loss(x.half(), y.half())  # hazard


def both(x, y):
    return total(x).float() + squared(x, y).float()


prove(
    both,
    edge=[(torch.full((1000,), 400.0), torch.zeros(1000))],
    ordinary=[(torch.tensor([2.0, 1.0]), torch.tensor([0.0, 0.5]))],
)
