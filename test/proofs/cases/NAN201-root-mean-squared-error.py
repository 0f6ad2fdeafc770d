"""The root of a mean squared error: an exact prediction.

Expected: value finite, gradient nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def rmse_loss(prediction, target):
    return torch.sqrt(F.mse_loss(prediction, target))  # hazard


prove(
    rmse_loss,
    edge=[(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0]))],
    ordinary=[(torch.tensor([1.0, 2.0]), torch.tensor([3.0, -1.0]))],
)
