"""An epsilon beside the quotient of an optimizer instead of in its denominator.

Expected: value nan, gradient finite
"""
import torch

from proof import prove


def update(grad, exp_avg_sq, eps=1e-8):
    return grad / (exp_avg_sq / 0.9).sqrt() + eps  # hazard


def step(grad, exp_avg_sq):
    with torch.no_grad():
        return update(grad, exp_avg_sq)


prove(
    step,
    edge=[(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0]))],
    ordinary=[(torch.tensor([2.0, 1.0]), torch.tensor([4.0, 1.0]))],
)
