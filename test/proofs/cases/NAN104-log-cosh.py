"""The hyperbolic cosine of an error of 100 is infinite in float32.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def log_cosh(error):
    return torch.log(torch.cosh(error))  # hazard


prove(log_cosh, edge=[(torch.tensor([100.0, -100.0]),)], ordinary=[(torch.tensor([0.5, -2.0, 20.0]),)])
