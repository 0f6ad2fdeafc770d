"""Scores that are -inf where the mask is 0, times the mask.

Expected: value nan, gradient (finite|nan)
"""
import torch

from proof import prove


def total(scores, mask):
    scores = torch.where(mask, scores, float("-inf"))
    return (scores * mask).sum(dim=-1)  # hazard


prove(
    total,
    edge=[(torch.tensor([1.0, 2.0]), torch.tensor([True, False]))],
    ordinary=[(torch.tensor([1.0, 2.0]), torch.tensor([True, True]))],
)
