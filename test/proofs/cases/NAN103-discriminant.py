"""Eigenvalues of symmetric two by two matrices, of which some have the same one twice.

Expected: value (nan|finite), gradient nan
"""
import torch

from proof import prove


def smallest(h):
    det = h[..., 0, 0] * h[..., 1, 1] - h[..., 0, 1] * h[..., 1, 0]
    half = (h[..., 0, 0] + h[..., 1, 1]) / 2
    return half - (half**2 - det).sqrt()  # hazard


torch.manual_seed(0)
scale = torch.rand(64, 1, 1)
prove(
    smallest,
    edge=[(scale * torch.eye(2) + 1e-4 * scale * torch.tensor([[1.0, 0.0], [0.0, -1.0]]),)],
    ordinary=[(torch.tensor([[2.0, 0.5], [0.5, 1.0]]),)],
)
