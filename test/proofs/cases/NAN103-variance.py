"""A variance as the mean of the squares less the square of the mean, of values that are all equal.

Expected: value nan
"""
import torch

from proof import prove


def spread(x):
    mean = x.mean(dim=0)
    return torch.sqrt((x**2).mean(dim=0) - mean**2)  # hazard


prove(
    spread,
    edge=[(torch.tensor([0.7, 1.3, 2.7, 10.1]).repeat(7, 1),)],
    ordinary=[(torch.tensor([[1.0], [2.0], [5.0]]),)],
)
