"""An epsilon beside the root of a variance.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def normalise(x, eps=1e-5):
    scale = x.var(dim=-1, keepdim=True).sqrt() + eps  # hazard
    return (x - x.mean(dim=-1, keepdim=True)) / scale


prove(
    normalise,
    edge=[(torch.ones(2, 3),)],
    ordinary=[(torch.tensor([[100.0, 200.0, 400.0]]),)],
)
