"""acos of a value that is clamped to exactly 1: the value is fine, the gradient is not.

Expected: edge 0: value finite, gradient -?inf
"""
import torch

from proof import prove


def angle(cosine):
    return torch.acos(cosine.clamp(-1, 1)).sum()  # hazard


prove(angle, edge=[(torch.tensor([1.0, 0.5]),)], ordinary=[(torch.tensor([0.3, -0.7]),)])
