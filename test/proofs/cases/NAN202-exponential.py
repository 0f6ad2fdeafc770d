"""An ELU written out: its exponential overflows where it is not selected.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def elu(x):
    return torch.where(x > 0, x, torch.exp(x) - 1)  # hazard


prove(
    elu,
    edge=[(torch.tensor([100.0, -1.0]),)],
    ordinary=[(torch.tensor([2.0, -1.0]),)],
)
