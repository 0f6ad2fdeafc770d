"""atanh of a saturated tanh.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def pre_activation(x):
    action = torch.tanh(x)
    return torch.atanh(action).sum()  # hazard


prove(pre_activation, edge=[(torch.tensor([20.0, 0.5]),)], ordinary=[(torch.tensor([1.0, -2.0]),)])
