"""The sine from the cosine of two unit vectors, which is a little above 1 for one and the same.

Expected: value nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def sines(features, weight):
    cosine = F.linear(F.normalize(features), F.normalize(weight))
    return torch.sqrt(1.0 - torch.pow(cosine, 2))  # hazard


torch.manual_seed(0)
points = torch.randn(64, 5)
prove(
    sines,
    edge=[(points, points)],
    ordinary=[(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, -1.0]]))],
)
