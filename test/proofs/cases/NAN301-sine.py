"""A sine that is minus the epsilon.

Expected: value (inf|-inf|nan), gradient .*
"""
import torch

from proof import prove


def slerp_weight(angle):
    return torch.sin(0.5 * angle) / (torch.sin(angle) + 1e-8)  # hazard


prove(
    slerp_weight,
    edge=[(torch.tensor([-1e-8, 1.0]),)],
    ordinary=[(torch.tensor([-1.0, 1.0]),)],
)
