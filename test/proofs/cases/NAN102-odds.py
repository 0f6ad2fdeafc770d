"""A factor of exactly 1 has infinite odds.

Expected: value inf
"""
import torch

from proof import prove


def odds(factor: torch.Tensor):
    return factor / (1 - factor)  # hazard


prove(odds, edge=[(torch.tensor([0.5, 1.0]),)], ordinary=[(torch.tensor([0.25, 0.5]),)])
