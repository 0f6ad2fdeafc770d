"""The same by methods, with the dimension by position.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def distance(a, b):
    return (a - b).pow(2).sum(-1, keepdim=True).sqrt()  # hazard


prove(
    distance,
    edge=[(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 2.0]]))],
    ordinary=[(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, -1.0]]))],
)
