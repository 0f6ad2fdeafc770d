"""An epsilon beside a logarithm in Keras.

Expected: value inf, gradient .*
"""
import torch
from keras import ops

from proof import prove


def log_loss(p):
    return -ops.mean(ops.log(p) + 1e-7)  # hazard


prove(
    log_loss,
    edge=[(torch.tensor([0.0, 1.0]),)],
    ordinary=[(torch.tensor([0.5, 1.0]),)],
)
