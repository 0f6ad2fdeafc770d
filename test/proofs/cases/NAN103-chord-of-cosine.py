"""A cosine similarity is above 1 by rounding.

Expected: value nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def chord(a, b):
    return torch.sqrt(2.0 - 2.0 * F.cosine_similarity(a, b))  # hazard


torch.manual_seed(0)
points = torch.randn(64, 5)
prove(
    chord,
    edge=[(points, points)],
    ordinary=[(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, -1.0]]))],
)
