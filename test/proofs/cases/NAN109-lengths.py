"""A division by lengths, times a mask of those that are not 0.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def mean_loss(losses, lengths):
    has_tokens = (lengths > 0).float()
    return (losses / lengths * has_tokens).mean()  # hazard


prove(
    mean_loss,
    edge=[(torch.tensor([0.0, 2.0]), torch.tensor([0.0, 4.0]))],
    ordinary=[(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0]))],
)
