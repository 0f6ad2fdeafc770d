"""Padded steps are to give the blank label for sure, and softmax of infinities of both signs is NaN.

Expected: value nan
"""
import torch

from proof import prove


def normalised(logits, padding):
    blank = torch.ones(logits.size(-1)) * float("-inf")
    blank[0] = float("inf")  # hazard
    logits = torch.where(padding[:, None], blank, logits)
    return torch.log_softmax(logits, dim=-1).exp()


prove(
    normalised,
    edge=[(torch.tensor([[0.1, 0.2, 0.3], [1.0, 0.0, 2.0]]), torch.tensor([False, True]))],
    ordinary=[(torch.tensor([[0.1, 0.2, 0.3]]), torch.tensor([False]))],
)
