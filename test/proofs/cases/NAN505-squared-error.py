"""The square of 300 is Inf in float16.

Expected: edge 0: value inf
"""
import torch

from proof import prove


def loss_of(prediction, target):
    error = prediction.half() - target.half()
    return error.pow(2).mean()  # hazard


prove(
    loss_of,
    edge=[(torch.tensor([300.0, 1.0]), torch.tensor([0.0, 0.0]))],
    ordinary=[(torch.tensor([2.0, 1.0]), torch.tensor([0.0, 0.5]))],
)
