"""acos at the ends of its domain, where 0 is selected.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def angle(cosine):
    return torch.where(cosine.abs() < 1, torch.acos(cosine), torch.zeros_like(cosine))  # hazard


prove(
    angle,
    edge=[(torch.tensor([1.0, 0.5]),)],
    ordinary=[(torch.tensor([0.25, -0.5]),)],
)
