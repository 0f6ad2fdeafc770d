"""1 - p in float16: p rounds to 1 above 8, and 1 - 1e-4 is 1.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: value -inf, gradient nan
"""
import torch

from proof import prove


def log_survival(scores):
    hazard_rate = torch.sigmoid(scores.to(torch.float16))
    kept = hazard_rate * 1.0
    return torch.log(1 - kept).sum()  # hazard


prove(log_survival, edge=[(torch.tensor([12.0, 0.5]),)], ordinary=[(torch.tensor([0.5, -0.25]),)])
