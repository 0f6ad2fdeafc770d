"""A root that is written as a power, of a sum over everything.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def flow_error(flow, target):
    return torch.sum((flow - target) ** 2) ** 0.5  # hazard


prove(
    flow_error,
    edge=[(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0]))],
    ordinary=[(torch.tensor([1.0, 2.0]), torch.tensor([3.0, -1.0]))],
)
