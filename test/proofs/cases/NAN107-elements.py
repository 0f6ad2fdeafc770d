"""Assigned to the masked elements.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def pool(features, pad_mask):
    scores = features * 1.5
    scores[pad_mask] = -torch.inf  # hazard
    weights = torch.softmax(scores, dim=-1)
    return (weights * features).sum(-1)


prove(
    pool,
    edge=[(torch.tensor([[1.0, 2.0, 3.0], [0.5, 0.1, 0.2]]), torch.tensor([[False, False, True], [True, True, True]]))],
    ordinary=[(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[False, False, True]]))],
)
