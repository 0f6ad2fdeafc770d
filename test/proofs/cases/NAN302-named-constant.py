"""One minus the constant of the module is exactly 1 in float32, in every bound that uses it.

Expected: value inf
"""
import torch

from proof import prove

EPS = 1e-9  # hazard


def odds(logits):
    p = torch.sigmoid(logits)
    return 1 / (1 - torch.clamp(p, EPS, 1.0 - EPS))


prove(odds, edge=[(torch.tensor([40.0]),)], ordinary=[(torch.tensor([0.5, -2.0]),)])
