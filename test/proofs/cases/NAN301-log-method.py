"""An epsilon added to minus a logarithm.

Expected: value inf, gradient .*
"""
import torch

from proof import prove


def surprise(p, eps=1e-7):
    return -p.log() + eps  # hazard


prove(
    surprise,
    edge=[(torch.tensor([0.0, 0.5]),)],
    ordinary=[(torch.tensor([0.5, 0.25]),)],
)
