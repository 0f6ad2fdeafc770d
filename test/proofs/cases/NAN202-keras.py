"""keras.ops.where around a division.

Expected: value finite, gradient nan
"""
import torch
from keras import ops

from proof import prove


def ratio(n, d):
    return ops.where(d == 0, 0.0, n / d)  # hazard


prove(
    ratio,
    edge=[(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 4.0]))],
    ordinary=[(torch.tensor([1.0, 2.0]), torch.tensor([-2.0, 4.0]))],
)
