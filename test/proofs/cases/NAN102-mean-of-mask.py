"""A mask that is all 0 has a mean of 0.

Expected: value nan
"""
import torch

from proof import prove


def masked_mean(losses, keep):
    mask = keep.float()
    return (losses * mask).mean() / mask.mean()  # hazard


prove(
    masked_mean,
    edge=[(torch.tensor([1.0, 2.0]), torch.tensor([False, False]))],
    ordinary=[(torch.tensor([1.0, 2.0]), torch.tensor([True, False]))],
)
