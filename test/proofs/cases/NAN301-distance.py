"""An epsilon beside the root of a distance.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def contrastive(a, b):
    distance = torch.sqrt(((a - b) ** 2).sum(dim=1)) + 1e-8  # hazard
    return torch.relu(1.0 - distance).mean()


prove(
    contrastive,
    edge=[(torch.ones(2, 3), torch.ones(2, 3))],
    ordinary=[(torch.zeros(2, 3), torch.full((2, 3), 0.25))],
)
