"""The root of a variance, where std has a gradient.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def spread(z):
    return z.var(dim=0).sqrt()  # hazard


prove(
    spread,
    edge=[(torch.tensor([[1.0], [1.0]]),)],
    ordinary=[(torch.tensor([[1.0], [2.0]]),)],
)
