"""A quotient that a series replaces around 0.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def sinc(x):
    return torch.where(x.abs() < 1e-4, 1 - x**2 / 6, torch.sin(x) / x)  # hazard


prove(
    sinc,
    edge=[(torch.tensor([0.0, 1.0]),)],
    ordinary=[(torch.tensor([1e-5, -1.0]),)],
)
