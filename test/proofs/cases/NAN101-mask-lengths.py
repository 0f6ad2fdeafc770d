"""The logarithm of an integer sum over a mask, of a row that is all padding.

Expected: value -inf
"""
import torch

from proof import prove


def length_bonus(mask, alpha):
    lengths = mask.sum(dim=1)
    return alpha * torch.log(lengths)  # hazard


prove(
    length_bonus,
    edge=[(torch.tensor([[True, True], [False, False]]), 0.5)],
    ordinary=[(torch.tensor([[True, True], [False, True]]), 0.5)],
)
