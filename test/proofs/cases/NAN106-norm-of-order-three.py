"""A norm by hand, of a zero vector.

Expected: gradient nan
"""
import torch

from proof import prove


def norm(x):
    return (x.abs() ** 3).sum(dim=-1) ** (1 / 3)  # hazard


prove(norm, edge=[(torch.zeros(2, 3),)], ordinary=[(torch.tensor([[0.5, 1.5, -1.0]]),)])
