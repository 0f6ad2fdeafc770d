"""A clamp after the logarithm of a softmax.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def nll(scores):
    probs = torch.softmax(scores, dim=-1)
    return -torch.clamp(torch.log(probs), min=-10).mean()  # hazard


prove(
    nll,
    edge=[(torch.tensor([0.0, 200.0]),)],
    ordinary=[(torch.tensor([0.0, 2.0]),)],
)
