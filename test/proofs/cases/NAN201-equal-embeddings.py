"""The distance of two embeddings that are equal.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def distance(a, b):
    return torch.sqrt(((a - b) ** 2).sum(dim=1))  # hazard


prove(
    distance,
    edge=[(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 2.0]]))],
    ordinary=[(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, -1.0]]))],
)
