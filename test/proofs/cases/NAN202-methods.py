"""The methods where and masked_fill.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def by_where(n, d):
    return (n / d).where(d != 0, 0)  # hazard


def by_masked_fill(n, d):
    return (n / d).masked_fill(d == 0, 0)  # hazard


def both(n, d):
    return by_where(n, d), by_masked_fill(n, d)


prove(
    both,
    edge=[(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 4.0]))],
    ordinary=[(torch.tensor([1.0, 2.0]), torch.tensor([-2.0, 4.0]))],
)
