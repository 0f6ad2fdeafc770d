"""Right in value, NaN in its gradient.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def compute(x):
    y = 1 / (1 + torch.exp(-x))  # hazard
    return y[0]


prove(
    compute,
    edge=[(torch.tensor([[0.0, -100.0]]),)],
    ordinary=[(torch.tensor([[0.5, 1.0]]),)],
)
