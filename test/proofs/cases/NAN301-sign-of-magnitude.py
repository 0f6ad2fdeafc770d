"""The magnitude is kept off 0, the sign is not.

Expected: value (inf|nan), gradient .*
"""
import torch

from proof import prove


def ratio(a, b):
    return a / (torch.sign(b) * (torch.abs(b) + 1e-6))  # hazard


def clamped(a, b):
    return a / (b.sign() * b.abs().clamp(min=1e-6))  # hazard


def both(a, b):
    return ratio(a, b), clamped(a, b)


prove(
    both,
    edge=[(torch.tensor([1.0, 1.0]), torch.tensor([0.0, 2.0]))],
    ordinary=[(torch.tensor([1.0, 1.0]), torch.tensor([-1.0, 2.0]))],
)
