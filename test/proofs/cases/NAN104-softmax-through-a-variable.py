"""The exponentials have a name.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def compute(x):
    exps = x.exp()  # hazard
    y = exps / exps.sum(dim=1, keepdim=True)
    return y[0]


prove(
    compute,
    edge=[(torch.tensor([[0.0, 100.0]]),)],
    ordinary=[(torch.tensor([[0.5, 1.0]]),)],
)
