"""The same with the product added in place, as re-identification code has it.

Expected: value nan
"""
import torch

from proof import prove


def distances(x, y):
    m, n = x.size(0), y.size(0)
    squares = x.pow(2).sum(1, keepdim=True).expand(m, n) + y.pow(2).sum(1, keepdim=True).expand(n, m).t()
    squares.addmm_(x, y.t(), beta=1, alpha=-2)
    return squares.sqrt()  # hazard


torch.manual_seed(0)
points = torch.randn(64, 5)
prove(
    distances,
    edge=[(points, points)],
    ordinary=[(points[:8], points[8:16] + 10)],
)
