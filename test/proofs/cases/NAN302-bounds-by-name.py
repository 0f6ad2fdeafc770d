"""The bound is the difference of 1 and a constant of the module.

Expected: value inf
"""
import torch

from proof import prove

EPS = 1e-9  # hazard


def weight(p):
    p = torch.clamp(p, EPS, 1.0 - EPS)
    return 1 / (1 - p)


prove(weight, edge=[(torch.tensor([1.0, 0.0]),)], ordinary=[(torch.tensor([0.5, 0.25]),)])
