"""Negative sampling: the sigmoid rounds to exactly 1 above 17.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def negative_sampling_loss(scores):
    return -torch.log(1 - torch.sigmoid(scores)).mean()  # hazard


prove(
    negative_sampling_loss,
    edge=[(torch.tensor([20.0, 0.0]),), (torch.tensor([400.0]),)],
    ordinary=[(torch.tensor([2.0, -3.0]),)],
)
