"""1 - 1e-8 is 1 in float32, so the odds still divide by 0.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def odds(scores):
    p = torch.sigmoid(scores).clamp(1e-8, 1 - 1e-8)  # hazard
    return p / (1 - p)


prove(odds, edge=[(torch.tensor([200.0, 0.0]),)], ordinary=[(torch.tensor([1.0, -1.0]),)])
