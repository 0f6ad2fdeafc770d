"""`eps + 1 - x` is `(eps + 1) - x`: the epsilon is lost before x is taken off.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def focal_weight(scores):
    p = torch.sigmoid(scores)
    return p / (1e-8 + 1 - p)  # hazard


prove(focal_weight, edge=[(torch.tensor([200.0]),)], ordinary=[(torch.tensor([0.5, -2.0]),)])
