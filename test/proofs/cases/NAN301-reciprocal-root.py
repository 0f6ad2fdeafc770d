"""An epsilon after a reciprocal root, in place.

Expected: value inf, gradient finite
"""
import torch

from proof import prove


def scale(exp_avg_sq, group):
    return exp_avg_sq.rsqrt().add_(group["eps"]).mul_(group["lr"])  # hazard


def step(exp_avg_sq):
    with torch.no_grad():
        return scale(exp_avg_sq, {"eps": 1e-8, "lr": 0.1})


prove(step, edge=[(torch.tensor([0.0, 1.0]),)], ordinary=[(torch.tensor([4.0, 1.0]),)])
