"""exp(100) is Inf all the same.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def compute(x):
    e = torch.exp(x.clamp(max=100))  # hazard
    y = e / e.sum(dim=1, keepdim=True)
    return y[0]


prove(
    compute,
    edge=[(torch.tensor([[0.0, 100.0]]),)],
    ordinary=[(torch.tensor([[0.5, 1.0]]),)],
)
