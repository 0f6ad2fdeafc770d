"""log of what the condition leaves out: 0 times an infinite gradient.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def log_density(rate, x):
    return torch.where(x > 0, rate * torch.log(x), 0.0)  # hazard


prove(
    log_density,
    edge=[(torch.tensor(2.0), torch.tensor([0.0, 1.0]))],
    ordinary=[(torch.tensor(2.0), torch.tensor([0.5, 3.0]))],
)
