"""A quaternion of zeros, as padding is, has a squared norm of 0.

Expected: value nan
"""
import torch

from proof import prove


def invert(q):
    return q * torch.tensor([1.0, -1.0, -1.0, -1.0]) / torch.sum(q**2, dim=-1, keepdim=True)  # hazard


prove(
    invert,
    edge=[(torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]),)],
    ordinary=[(torch.tensor([[0.5, 0.5, 0.5, -0.5]]),)],
)
