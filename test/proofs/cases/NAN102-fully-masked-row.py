"""A row that is padding from end to end counts nothing, and its mean is 0 / 0.

Expected: value nan
"""
import torch

from proof import prove


def masked_mean(values, mask):
    return (values * mask).sum(dim=1) / mask.sum(dim=1)  # hazard


values = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
padded = torch.tensor([[1, 1, 0], [0, 0, 0]])
partly = torch.tensor([[1, 1, 0], [1, 0, 0]])
prove(masked_mean, edge=[(values, padded)], ordinary=[(values, partly)])
