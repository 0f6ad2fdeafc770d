"""A clamp after the root of a distance.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def distances(a, b):
    return torch.sqrt(((a - b) ** 2).sum(dim=-1)).clamp(min=1e-6)  # hazard


prove(
    distances,
    edge=[(torch.ones(2, 3), torch.ones(2, 3))],
    ordinary=[(torch.zeros(2, 3), torch.ones(2, 3))],
)
