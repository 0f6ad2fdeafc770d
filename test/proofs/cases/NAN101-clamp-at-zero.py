"""clamp(min=0) proves nothing.

Expected: value -inf, gradient finite
"""
import torch

from proof import prove


def log_energy(x):
    x = x.clamp(min=0)
    return x.log().sum()  # hazard


prove(log_energy, edge=[(torch.tensor([-1.0, 2.0]),)], ordinary=[(torch.tensor([1.5, 2.0]),)])
