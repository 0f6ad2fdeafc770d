"""A logarithm times the condition that it is finite.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def cross_entropy(target, prediction):
    return -(target * torch.log(prediction) * (prediction > 0)).sum()  # hazard


prove(
    cross_entropy,
    edge=[(torch.tensor([1.0, 0.5]), torch.tensor([0.0, 0.5]))],
    ordinary=[(torch.tensor([1.0, 0.5]), torch.tensor([0.25, 0.5]))],
)
