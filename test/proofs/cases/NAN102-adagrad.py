"""A parameter that has had no gradient yet is divided by the root of 0.

Expected: value nan
"""
import torch

from proof import prove


def step(param, grad, exp_avg_sq):
    return param.addcdiv(grad, exp_avg_sq.sqrt(), value=-0.1)  # hazard


prove(
    step,
    edge=[(torch.tensor([1.0]), torch.tensor([0.0]), torch.tensor([0.0]))],
    ordinary=[(torch.tensor([1.0]), torch.tensor([0.5]), torch.tensor([0.25]))],
)
