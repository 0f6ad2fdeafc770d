"""The determinant of a 2 x 2 matrix whose rows are parallel is 0.

Expected: value (nan|inf)
"""
import torch

from proof import prove


def invert(m):
    return m[:, :1] / (m[:, 0] * m[:, 3] - m[:, 1] * m[:, 2])  # hazard


prove(
    invert,
    edge=[(torch.tensor([[1.0, 2.0, 2.0, 4.0]]),)],
    ordinary=[(torch.tensor([[1.0, 2.0, 3.0, 4.0]]),)],
)
