"""A root of what tanh gives.

Expected: value nan
"""
import torch

from proof import prove


def squash(x):
    return torch.sqrt(torch.tanh(x))  # hazard


prove(
    squash,
    edge=[(torch.tensor([-1.0, 0.0, 2.0]),)],
    ordinary=[(torch.tensor([0.5, 2.0]),)],
)
