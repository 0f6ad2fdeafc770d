"""The second sequence of the batch is empty.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def pool(features, padding_mask):
    scores = features * 2
    scores = scores.masked_fill(padding_mask, float("-inf"))  # hazard
    weights = torch.softmax(scores, dim=-1)
    return (weights * features).sum(-1)


prove(
    pool,
    edge=[(torch.tensor([[1.0, 2.0, 3.0], [0.5, 0.1, 0.2]]), torch.tensor([[False, False, True], [True, True, True]]))],
    ordinary=[(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[False, False, True]]))],
)
