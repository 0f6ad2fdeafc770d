"""A division whose NaN is replaced once it is there.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def relative_error(a, b):
    error = (a - b) / b  # hazard
    return torch.where(torch.isfinite(error), error, torch.zeros_like(error)).mean()


prove(
    relative_error,
    edge=[(torch.tensor([0.0, 2.0]), torch.tensor([0.0, 4.0]))],
    ordinary=[(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0]))],
)
