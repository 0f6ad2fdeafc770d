"""A condition that has a name, and is one part of two.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def masked_log(x, is_valid):
    is_positive = x > 0
    return torch.where(is_positive & is_valid, torch.log(x), torch.zeros_like(x))  # hazard


prove(
    masked_log,
    edge=[(torch.tensor([0.0, 2.0]), torch.tensor([True, True]))],
    ordinary=[(torch.tensor([0.5, 2.0]), torch.tensor([True, False]))],
)
