"""log1p alone is no cure.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def compute(x):
    y = torch.log1p(torch.exp(x))  # hazard
    return y[0]


prove(
    compute,
    edge=[(torch.tensor([[0.0, 100.0]]),)],
    ordinary=[(torch.tensor([[0.5, 1.0]]),)],
)
