"""A factor a little below 1 is 1 in float32, so that the edge of the unit interval stays where it is.

Expected: value inf
"""
import math

import torch

from proof import prove


def normal(samples: torch.Tensor):
    v = 0.5 + (1 - 1e-10) * (samples - 0.5)  # hazard
    return torch.erfinv(2 * v - 1) * math.sqrt(2)


prove(normal, edge=[(torch.tensor([1.0]),)], ordinary=[(torch.tensor([0.25, 0.75]),)])
