"""The mask holds nowhere, so that the mean is one of nothing.

Expected: value nan
"""
import torch

from proof import prove


def masked_loss(losses, mask):
    return losses[mask.bool()].mean()  # hazard


prove(
    masked_loss,
    edge=[(torch.tensor([1.0, 2.0]), torch.tensor([0, 0]))],
    ordinary=[(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1, 0, 1]))],
)
