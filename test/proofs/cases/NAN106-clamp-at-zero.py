"""A gamma curve of what is clamped at 0.

Expected: gradient inf
"""
import torch

from proof import prove


def curve(x):
    return torch.clamp(x, min=0.0) ** (1 / 2.4)  # hazard


prove(curve, edge=[(torch.tensor([0.0, -2.0, 1.0]),)], ordinary=[(torch.tensor([0.5, 1.5]),)])
