"""A condition fills a part of the result; the rest is as the memory was.

Expected: value nan, gradient finite
"""
import torch

from proof import prove

# PyTorch then fills what is reserved with NaN, as other memory may be.
torch.use_deterministic_algorithms(True)


def safe_log(x):
    out = torch.empty_like(x)  # hazard
    out[x > 0] = torch.log(x[x > 0])
    return out


prove(safe_log, edge=[(torch.tensor([1.0, -2.0]),)], ordinary=[(torch.tensor([1.0, 2.0]),)])
