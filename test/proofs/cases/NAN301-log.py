"""An epsilon added to a logarithm.

Expected: value (inf|-inf|nan), gradient .*
"""
import torch

from proof import prove


def nll(p):
    return -(torch.log(p) + 1e-8).mean()  # hazard


prove(
    nll,
    edge=[(torch.tensor([0.0, 1.0]),)],
    ordinary=[(torch.tensor([0.5, 1.0]),)],
)
