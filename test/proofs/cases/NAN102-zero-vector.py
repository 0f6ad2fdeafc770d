"""A zero vector has no direction: divided by its norm it is NaN, and so is its gradient.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def unit(x):
    return x / x.norm(dim=-1, keepdim=True)  # hazard


prove(unit, edge=[(torch.tensor([[3.0, 4.0], [0.0, 0.0]]),)], ordinary=[(torch.tensor([[3.0, 4.0], [1.0, 2.0]]),)])
