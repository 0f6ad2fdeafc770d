"""The value is 0, the gradient is not.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def lengths(squared):
    return torch.sqrt(squared) * (squared > 0)  # hazard


prove(
    lengths,
    edge=[(torch.tensor([0.0, 4.0]),)],
    ordinary=[(torch.tensor([1.0, 4.0]),)],
)
