"""Two wheres, the inner one with zeros as denominators.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def ratio(n, d):
    kept = torch.where(d > 0, d, torch.zeros_like(d))
    return torch.where(d > 0, n / kept, torch.zeros_like(n))  # hazard


prove(
    ratio,
    edge=[(torch.tensor([1.0, 2.0]), torch.tensor([-1.0, 4.0]))],
    ordinary=[(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0]))],
)
