"""The direction of a zero vector: the root is as bad as the division.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def direction(v):
    r = (v**2).sum(dim=-1, keepdim=True).sqrt()  # hazard
    return torch.where(r > 0, v / r, torch.zeros_like(v))


prove(
    direction,
    edge=[(torch.tensor([[0.0, 0.0], [3.0, 4.0]]),)],
    ordinary=[(torch.tensor([[3.0, 4.0]]),)],
)
