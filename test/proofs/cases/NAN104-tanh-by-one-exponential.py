"""(exp(2x) - 1) / (exp(2x) + 1).

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def compute(x):
    e = torch.exp(2 * x)  # hazard
    y = (e - 1) / (e + 1)
    return y[0]


prove(
    compute,
    edge=[(torch.tensor([[0.0, 100.0]]),)],
    ordinary=[(torch.tensor([[0.5, 1.0]]),)],
)
