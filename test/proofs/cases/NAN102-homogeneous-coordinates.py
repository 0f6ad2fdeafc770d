"""A point in the plane of the camera has depth 0.

Expected: value (nan|inf|-inf)
"""
import torch

from proof import prove


def project(points):
    points = points / points[..., 2:]  # hazard
    return points[..., :2]


prove(
    project,
    edge=[(torch.tensor([[1.0, 2.0, 0.0]]),)],
    ordinary=[(torch.tensor([[1.0, 2.0, 4.0], [0.5, 1.0, -2.0]]),)],
)
