"""A sigmoid is exactly 1 for a large score, and what is left of it is 0.

Expected: value -inf
"""
import torch

from proof import prove


def log_abs_det_jacobian(y):
    return torch.log(y * (1 - y))  # hazard


prove(
    lambda x: log_abs_det_jacobian(torch.sigmoid(x)),
    edge=[(torch.tensor([40.0]),)],
    ordinary=[(torch.tensor([0.5, -2.0]),)],
)
