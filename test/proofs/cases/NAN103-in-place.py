"""A root in place.

Expected: value nan
"""
import torch

from proof import prove


def spread(x):
    variance = (x**2).mean(0) - x.mean(0) ** 2
    variance.sqrt_()  # hazard
    return variance


prove(
    spread,
    edge=[(torch.tensor([0.7, 1.3, 2.7, 10.1]).repeat(7, 1),)],
    ordinary=[(torch.tensor([[1.0], [2.0], [5.0]]),)],
)
