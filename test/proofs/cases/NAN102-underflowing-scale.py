"""One output of the network is far below 0, so that the exponential of it is 0.

Expected: value inf
"""
import torch

from proof import prove


def gaussian(error, log_sigma):
    return error**2 / log_sigma.exp()  # hazard


prove(
    gaussian,
    edge=[(torch.tensor([0.5]), torch.tensor([-200.0]))],
    ordinary=[(torch.tensor([0.5]), torch.tensor([0.3]))],
)
