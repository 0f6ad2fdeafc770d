"""What is left of a covariance is 0 on paper, and by rounding may be less.

Expected: LinAlgError
"""
import torch

from proof import prove


def rest(a, b):
    return torch.linalg.cholesky(a - b @ b.T)  # hazard


prove(
    rest,
    edge=[(torch.tensor([[1.0, 0.5], [0.5, 0.25]]), torch.tensor([[1.0], [0.5]]))],
    ordinary=[(torch.tensor([[2.0, 0.5], [0.5, 1.25]]), torch.tensor([[1.0], [0.5]]))],
)
