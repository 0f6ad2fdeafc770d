"""A clamp after the division by a norm.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def unit(v):
    return (v / v.norm()).clamp(-1, 1)  # hazard


prove(
    unit,
    edge=[(torch.zeros(3),)],
    ordinary=[(torch.tensor([3.0, 4.0]),)],
)
