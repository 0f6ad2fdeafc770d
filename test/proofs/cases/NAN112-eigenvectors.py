"""The eigenvectors of a multiple of the unit matrix are any: their gradient is NaN. More on the diagonal leaves it so.

Tolerance: 1e-3, the eigenvalues move by 1e-6 and the vectors with them
Expected: value finite, gradient nan
"""
import torch

from proof import prove


def spectral_loss(x):
    values, vectors = torch.linalg.eigh(x.T @ x)  # hazard
    return (vectors**2 * values).sum(dim=-1)[0]


prove(
    spectral_loss,
    edge=[(torch.eye(3),)],
    ordinary=[(torch.tensor([[1.0, 0.5], [0.0, 2.0]]),)],
)
