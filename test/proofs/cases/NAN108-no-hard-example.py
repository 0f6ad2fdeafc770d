"""No loss is above the threshold.

Expected: value nan
"""
import torch

from proof import prove


def hard_examples(losses: torch.Tensor, threshold):
    hard = losses[losses > threshold]
    return hard.mean() + 0 * losses.sum()  # hazard


prove(
    hard_examples,
    edge=[(torch.tensor([0.1, 0.2]), 0.5)],
    ordinary=[(torch.tensor([0.1, 0.7, 0.9]), 0.5)],
)
