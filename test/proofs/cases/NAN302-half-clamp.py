"""A clamp at 1e-8 is a clamp at 0 in float16.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: value nan
"""
import torch

from proof import prove


def standardise(x):
    x = x.to(torch.float16)
    spread = x.std(dim=0)
    return (x - x.mean(dim=0)) / spread.clamp(min=1e-8)  # hazard


prove(standardise, edge=[(torch.ones(4, 2),)], ordinary=[(torch.tensor([[0.0, 1.0], [2.0, 5.0], [4.0, 9.0]]),)])
