"""A repeated column makes X.T @ X singular. Rounding may hide it: the inverse is then of the size of 1e7 and its sign is chance.

Expected: LinAlgError
"""
import torch

from proof import prove


def mahalanobis(x):
    moment = x.T @ x
    return x @ torch.linalg.inv(moment) @ x.T  # hazard


prove(
    mahalanobis,
    edge=[(torch.tensor([[1.0, 1.0], [2.0, 2.0]]),)],
    ordinary=[(torch.tensor([[1.0, 3.0], [2.0, 1.0]]),)],
)
