"""nan_to_num around a division.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def relative_error(prediction, target):
    return torch.nan_to_num((prediction - target) / target).mean()  # hazard


prove(
    relative_error,
    edge=[(torch.tensor([0.0, 2.0]), torch.tensor([0.0, 4.0]))],
    ordinary=[(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0]))],
)
