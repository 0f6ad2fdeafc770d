"""Where subnormal numbers are flushed to 0, as many devices do, 1e-45 is none.

Expected: value -inf
"""
import torch

from proof import prove

torch.set_flush_denormal(True)


def log_mask(mask):
    return (mask + 1e-45).log()  # hazard


prove(log_mask, edge=[(torch.tensor([0.0, 1.0]),)], ordinary=[(torch.tensor([1.0]),)])
