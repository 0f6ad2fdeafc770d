"""The default epsilon of normalize, 1e-12, is 0 in float16.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: value nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def embed(x):
    return F.normalize(x.half(), dim=-1)  # hazard


prove(embed, edge=[(torch.zeros(2, 3),)], ordinary=[(torch.tensor([[1.0, 2.0, 2.0]]),)])
