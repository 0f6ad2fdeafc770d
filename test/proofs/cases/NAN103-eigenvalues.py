"""Eigenvalues of covariances of rank one, of which one is 0 on paper.

Expected: value nan
"""
import torch

from proof import prove


def spreads(covariances):
    values, _ = torch.linalg.eigh(covariances)
    return torch.sqrt(values)  # hazard


prove(
    spreads,
    edge=[(torch.linspace(0.1, 10.0, 64)[:, None, None] * torch.tensor([[1.0, 3.0], [3.0, 9.0]]),)],
    ordinary=[(torch.tensor([[1.0, 0.5], [0.5, 3.0]]),)],
)
