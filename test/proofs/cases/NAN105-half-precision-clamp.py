"""The same in float16, where 1 - 1e-6 is 1.

Expected: value finite, gradient -?inf
"""
import torch

from proof import prove


def angle(cosine):
    low = cosine.half()
    return torch.acos(low.clamp(-1, 1)).float().sum()  # hazard


prove(angle, edge=[(torch.tensor([1.0, 0.5]),)], ordinary=[(torch.tensor([0.25, -0.75]),)])
