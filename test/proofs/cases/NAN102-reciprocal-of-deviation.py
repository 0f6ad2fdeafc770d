"""The reciprocal of a deviation of 0 is Inf, and 0 times that is NaN.

Expected: value nan
"""
import torch

from proof import prove


def whiten(x):
    return (x - x.mean(0)) * x.std(0).reciprocal()  # hazard


constant = torch.tensor([[1.0, 5.0], [2.0, 5.0], [4.0, 5.0]])
ordinary = torch.tensor([[1.0, 5.0], [2.0, 4.0], [4.0, 9.0]])
prove(whiten, edge=[(constant,)], ordinary=[(ordinary,)])
