"""The mask comes from lengths, one of which is 0.

Expected: value nan, gradient nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def pool(features, lengths):
    valid = torch.arange(features.shape[1])[None, :] < lengths[:, None]
    scores = features / 2
    scores = torch.where(valid, scores, float("-inf"))  # hazard
    weights = F.softmax(scores, dim=1)
    return (weights * features).sum(1)


prove(
    pool,
    edge=[(torch.tensor([[1.0, 2.0, 3.0], [0.5, 0.1, 0.2]]), torch.tensor([2, 0]))],
    ordinary=[(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([2]))],
)
