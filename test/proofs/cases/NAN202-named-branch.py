"""A logarithm that has a name before it is selected.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def entropy(weights):
    logs = torch.log(weights)  # hazard
    return -(weights * torch.where(weights > 0, logs, 0.0)).sum(dim=-1)


prove(
    entropy,
    edge=[(torch.tensor([0.0, 1.0]),)],
    ordinary=[(torch.tensor([0.25, 0.75]),)],
)
