"""The Hellinger distance: a probability that underflows.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def hellinger(logits, target):
    p = torch.softmax(logits, dim=-1)
    return ((torch.sqrt(p) - target) ** 2).sum(-1)  # hazard


prove(
    hellinger,
    edge=[(torch.tensor([0.0, -200.0]), torch.tensor([0.5, 0.5]))],
    ordinary=[(torch.tensor([0.0, 1.0]), torch.tensor([0.5, 0.5]))],
)
