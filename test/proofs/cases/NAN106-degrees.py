"""The degree of a node without an edge, to a negative power.

Expected: value inf
"""
import torch

from proof import prove


def weights(x, edges):
    degree = torch.bincount(edges, minlength=3).float()
    return x * degree.pow(-0.5)  # hazard


prove(
    weights,
    edge=[(torch.ones(3), torch.tensor([0, 0, 1]))],
    ordinary=[(torch.ones(3), torch.tensor([0, 0, 1, 2]))],
)
