"""log(exp(x) - 1), all of x above 0.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def compute(x):
    y = torch.log(torch.exp(x) - 1)  # hazard
    return y[0]


prove(
    compute,
    edge=[(torch.tensor([[1.0, 100.0]]),)],
    ordinary=[(torch.tensor([[0.5, 1.0]]),)],
)
