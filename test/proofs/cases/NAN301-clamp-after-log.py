"""A clamp after a logarithm.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def log_prob(p):
    return torch.log(p).clamp(min=-100)  # hazard


prove(
    log_prob,
    edge=[(torch.tensor([0.0, 0.5]),)],
    ordinary=[(torch.tensor([0.25, 0.5]),)],
)
