"""Bayesian personalised ranking: log of a sigmoid.

Expected: value inf, gradient nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def bpr_loss(users, positive, negative):
    return -torch.log(torch.sigmoid((users * positive).sum(1) - (users * negative).sum(1))).mean()  # hazard


prove(
    bpr_loss,
    edge=[(torch.tensor([[10.0]]), torch.tensor([[-10.0]]), torch.tensor([[10.0]]))],
    ordinary=[(torch.tensor([[1.0]]), torch.tensor([[0.3]]), torch.tensor([[0.5]]))],
)
