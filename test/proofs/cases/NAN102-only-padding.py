"""A batch in which every target is padding: the mean over nothing is 0 / 0.

Expected: value nan
"""
import torch

from proof import prove


def mean_over_tokens(losses, target, pad=0):
    keep = target != pad
    return (losses * keep).sum() / keep.sum()  # hazard


losses = torch.tensor([0.5, 1.5, 2.5])
prove(
    mean_over_tokens,
    edge=[(losses, torch.tensor([0, 0, 0]))],
    ordinary=[(losses, torch.tensor([3, 0, 7]))],
)
