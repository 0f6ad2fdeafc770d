"""The name of the logits is bound to something else before the logarithm: log_softmax of it is another number.

Expected: value nan, gradient nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def mixed(first, second, y, lam=0.3):
    logits = first
    probs = F.softmax(logits, dim=1)
    logits = second
    other = F.log_softmax(logits, dim=1)
    both = lam * torch.log(probs) + (1 - lam) * other  # hazard
    return -(y * both).sum(1).mean()


prove(
    mixed,
    edge=[(torch.tensor([[0.0, 200.0]]), torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 1.0]]))],
    ordinary=[(torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 0.5]]))],
)
