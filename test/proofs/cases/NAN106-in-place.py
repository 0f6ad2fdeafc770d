"""A fractional power in place.

Expected: value nan
"""
import torch

from proof import prove


def warp(features, shift):
    y = torch.sin(features - shift)
    y.pow_(1.5)  # hazard
    return y


prove(
    warp,
    edge=[(torch.tensor([-0.5, 0.3, 2.0]), torch.tensor(0.1))],
    ordinary=[(torch.tensor([0.5, 1.5]), torch.tensor(0.1))],
)
