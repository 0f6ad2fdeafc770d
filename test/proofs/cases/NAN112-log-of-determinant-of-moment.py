"""Of a singular matrix the determinant is 0 however it is computed.

Expected: value -inf, gradient (nan|inf)
"""
import torch

from proof import prove


def entropy(x):
    return torch.log(torch.det(x.T @ x))  # hazard


prove(
    entropy,
    edge=[(torch.tensor([[1.0, 1.0], [2.0, 2.0]]),)],
    ordinary=[(torch.tensor([[1.0, 3.0], [2.0, 1.0]]),)],
)
