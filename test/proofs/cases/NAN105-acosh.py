"""acosh of an inner product clamped at 1: the distance of a point from itself.

Expected: value finite, gradient inf
"""
import torch

from proof import prove


def distance(inner):
    return torch.acosh(inner.clamp(min=1.0)).sum()  # hazard


prove(distance, edge=[(torch.tensor([1.0, 2.0]),)], ordinary=[(torch.tensor([3.0, 1.5]),)])
