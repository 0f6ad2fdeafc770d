"""Soft actor-critic's change of variables: tanh rounds to exactly 1 above 9.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def log_prob_correction(u):
    action = torch.tanh(u)
    return -torch.log(1 - action.pow(2)).sum(-1)  # hazard


prove(
    log_prob_correction,
    edge=[(torch.tensor([[12.0, 0.1]]),), (torch.tensor([[-50.0, 0.1]]),)],
    ordinary=[(torch.tensor([[0.5, -0.25]]),)],
)
