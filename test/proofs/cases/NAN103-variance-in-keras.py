"""The same in Keras.

Expected: value nan
"""
import torch
from keras import ops

from proof import prove


def spread(x):
    mean = ops.mean(x, axis=0)
    return ops.sqrt(ops.mean(ops.square(x), axis=0) - ops.square(mean))  # hazard


prove(
    spread,
    edge=[(torch.tensor([[0.7, 1.3, 2.7]] * 7),)],
    ordinary=[(torch.tensor([[1.0], [2.0], [5.0]]),)],
)
