"""Two equal points give two equal rows of the kernel matrix: it has no Cholesky factor.

Expected: LinAlgError
"""
import torch

from proof import prove


def scores(x, y):
    kernel = torch.exp(-torch.cdist(x, x) ** 2)
    return torch.cholesky_solve(y, torch.linalg.cholesky(kernel))  # hazard


prove(
    scores,
    edge=[(torch.tensor([[1.0], [1.0], [2.0]]), torch.ones(3, 1))],
    ordinary=[(torch.tensor([[0.0], [3.0], [6.0]]), torch.ones(3, 1))],
)
