"""nan_to_num of a logarithm that has a name.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def entropy(p):
    terms = p * torch.log(p)  # hazard
    return -terms.nan_to_num().sum()


prove(
    entropy,
    edge=[(torch.tensor([0.0, 1.0]),)],
    ordinary=[(torch.tensor([0.25, 0.75]),)],
)
