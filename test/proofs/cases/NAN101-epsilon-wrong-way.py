"""1 - (p + eps) is below 0 where p is 1: the logarithm is NaN, not -inf. An epsilon added outside must outweigh it.

Expected: value nan, gradient finite
"""
import torch

from proof import prove


def log_survival(scores):
    rate = torch.sigmoid(scores)
    return torch.log(1 - (rate + 1e-6)).sum()  # hazard


prove(log_survival, edge=[(torch.tensor([40.0]),), (torch.tensor([13.8]),)], ordinary=[(torch.tensor([-1.0, 0.5]),)])
