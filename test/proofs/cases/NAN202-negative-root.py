"""A root that is not selected where its operand is negative.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def half_chord(squared):
    return torch.where(squared >= 0, torch.sqrt(squared), torch.zeros_like(squared))  # hazard


prove(
    half_chord,
    edge=[(torch.tensor([-1.0, 4.0]),)],
    ordinary=[(torch.tensor([2.0, 4.0]),)],
)
