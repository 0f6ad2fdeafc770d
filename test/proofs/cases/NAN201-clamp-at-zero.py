"""A clamp at 0 keeps the infinite gradient.

Expected: value finite, gradient (inf|nan)
"""
import torch

from proof import prove


def distance(squared):
    return squared.clamp(min=0).sqrt()  # hazard


prove(
    distance,
    edge=[(torch.tensor([0.0, 1.0]),)],
    ordinary=[(torch.tensor([4.0, 1.0]),)],
)
