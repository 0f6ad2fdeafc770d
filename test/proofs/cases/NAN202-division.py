"""A division that is not selected where its denominator is 0.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def ratio(n, d):
    return torch.where(d == 0, 0, n / d)  # hazard


prove(
    ratio,
    edge=[(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 4.0]))],
    ordinary=[(torch.tensor([1.0, 2.0]), torch.tensor([-2.0, 4.0]))],
)
