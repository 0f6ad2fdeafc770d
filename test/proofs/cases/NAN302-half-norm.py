"""1e-8 is 0 in float16: a zero vector is divided by 0.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: value nan, gradient nan
"""
import torch

from proof import prove


def unit(x):
    x = x.half()
    return x / (x.norm(dim=-1, keepdim=True) + 1e-8)  # hazard


prove(unit, edge=[(torch.zeros(2, 3),)], ordinary=[(torch.tensor([[1.0, 2.0, 3.0]]),)])
