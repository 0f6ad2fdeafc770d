"""A clamp whose result nobody takes.

Expected: value inf, gradient .*
"""
import torch

from proof import prove


def scale(x, weight):
    weight.clamp(min=1e-6)  # hazard
    return x / weight


prove(
    scale,
    edge=[(torch.tensor([1.0, 1.0]), torch.tensor([0.0, 2.0]))],
    ordinary=[(torch.tensor([1.0, 1.0]), torch.tensor([1.0, 2.0]))],
)
