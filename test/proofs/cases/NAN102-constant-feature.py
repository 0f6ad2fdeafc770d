"""A feature that is the same in every row has a standard deviation of 0, and 0 / 0 is NaN.

Expected: value nan
"""
import torch

from proof import prove


def standardise(x):
    return (x - x.mean(dim=0)) / x.std(dim=0)  # hazard


constant = torch.tensor([[1.0, 5.0], [2.0, 5.0], [4.0, 5.0]])
ordinary = torch.tensor([[1.0, 5.0], [2.0, 4.0], [4.0, 9.0]])
prove(standardise, edge=[(constant,)], ordinary=[(ordinary,)])
