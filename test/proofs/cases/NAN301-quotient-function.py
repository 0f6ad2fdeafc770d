"""An epsilon beside torch.div.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def dice(intersection, union):
    return torch.div(2 * intersection, union) + 1e-6  # hazard


prove(
    dice,
    edge=[(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 4.0]))],
    ordinary=[(torch.tensor([1.0, 1.0]), torch.tensor([2.0, 4.0]))],
)
