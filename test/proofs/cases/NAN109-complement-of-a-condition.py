"""A logarithm times the complement of the condition that it is not finite.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def log_likelihood(rates):
    is_zero = (rates == 0).float()
    return torch.log(rates) * (1 - is_zero)  # hazard


prove(
    log_likelihood,
    edge=[(torch.tensor([0.0, 4.0]),)],
    ordinary=[(torch.tensor([1.0, 4.0]),)],
)
