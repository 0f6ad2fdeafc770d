"""erfinv of 2 * sigmoid(x) - 1, whose sigmoid is exactly 1 far out.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def to_normal(x):
    u = torch.sigmoid(x)
    return torch.erfinv(2 * u - 1).sum()  # hazard


prove(to_normal, edge=[(torch.tensor([40.0, 0.5]),)], ordinary=[(torch.tensor([1.0, -2.0]),)])
