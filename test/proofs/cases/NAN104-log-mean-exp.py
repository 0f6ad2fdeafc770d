"""The log of a mean of exponentials.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def compute(x):
    return torch.log(torch.mean(torch.exp(x)))  # hazard


prove(
    compute,
    edge=[(torch.tensor([[0.0, 100.0]]),)],
    ordinary=[(torch.tensor([[0.5, 1.0]]),)],
)
