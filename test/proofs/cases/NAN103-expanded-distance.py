"""Expanded squared distances of points to themselves.

Expected: value nan
"""
import torch

from proof import prove


def distances(x, y):
    xx = (x**2).sum(dim=1, keepdim=True)
    yy = (y**2).sum(dim=1)
    return torch.sqrt(xx + yy - 2 * torch.mm(x, y.t()))  # hazard


torch.manual_seed(0)
points = torch.randn(64, 5)
prove(
    distances,
    edge=[(points, points)],
    ordinary=[(points[:8], points[8:16] + 10)],
)
