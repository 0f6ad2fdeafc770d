"""An epsilon added to a reciprocal.

Expected: value inf, gradient .*
"""
import torch

from proof import prove


def inverse(x):
    return torch.reciprocal(x) + 1e-6  # hazard


def power(x):
    return x**-0.5 + 1e-6  # hazard


def both(x):
    return inverse(x), power(x)


prove(
    both,
    edge=[(torch.tensor([0.0, 1.0]),)],
    ordinary=[(torch.tensor([4.0, 1.0]),)],
)
