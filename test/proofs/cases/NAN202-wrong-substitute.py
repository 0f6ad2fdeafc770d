"""Two wheres, the inner one with a substitute at the pole.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def ratio(n, d):
    safe = torch.where(d > 0, d, 0.0)
    return torch.where(d > 0, n / safe, -20.0)  # hazard


prove(
    ratio,
    edge=[(torch.tensor([1.0, 2.0]), torch.tensor([-1.0, 4.0]))],
    ordinary=[(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0]))],
)
