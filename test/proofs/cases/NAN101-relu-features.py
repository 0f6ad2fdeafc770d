"""The logarithm of a relu, through an alias of the module and of the function.

Expected: value -inf, gradient finite
"""
import torch as th
from torch import log as L
from torch.nn.functional import relu

from proof import prove


def log_features(x, weight):
    y = relu(x @ weight)
    return L(y).mean()  # hazard


prove(
    log_features,
    edge=[(th.tensor([[1.0, -1.0]]), th.tensor([[1.0], [2.0]]))],
    ordinary=[(th.tensor([[1.0, 1.0]]), th.tensor([[1.0], [2.0]]))],
)
