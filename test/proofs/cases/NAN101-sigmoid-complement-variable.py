"""1 - p over a variable that is used again; the complement is bound first, as a float literal minus it.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def hazard_loss(logits, survived):
    p = torch.sigmoid(logits)
    q = 1.0 - p
    return -(survived * torch.log(q)).mean() + p.mean()  # hazard


prove(
    hazard_loss,
    edge=[(torch.tensor([30.0]), torch.tensor([1.0]))],
    ordinary=[(torch.tensor([1.0, -2.0]), torch.tensor([1.0, 0.5]))],
)
