"""The root of a square in float16: 1e-10 protects no gradient there.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: value finite, gradient nan
"""
import torch

from proof import prove


def charbonnier(a, b):
    difference = a.to(torch.float16) - b.to(torch.float16)
    squared = difference**2 + 1e-10  # hazard
    return torch.sqrt(squared).sum()


prove(
    charbonnier,
    edge=[(torch.ones(2), torch.ones(2))],
    ordinary=[(torch.tensor([3.0, 1.0]), torch.tensor([1.0, 4.0]))],
)
