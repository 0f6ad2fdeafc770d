"""Where all values are equal, the largest minus the smallest is 0.

Expected: value nan
"""
import torch

from proof import prove


def min_max_scale(x):
    return (x - x.min()) / (x.max() - x.min())  # hazard


prove(min_max_scale, edge=[(torch.full((4,), 7.0),)], ordinary=[(torch.tensor([1.0, 2.0, 5.0]),)])
