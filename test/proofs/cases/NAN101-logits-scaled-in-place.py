"""The logits are changed in place between the softmax and the logarithm.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def calibrated(logits, y):
    probs = torch.softmax(logits, dim=1)
    logits.div_(10.0)
    penalty = logits.pow(2).mean()
    return penalty - (y * torch.log(probs)).sum(1).mean()  # hazard


prove(
    calibrated,
    edge=[(torch.tensor([[0.0, 200.0]]), torch.tensor([[0.0, 1.0]]))],
    ordinary=[(torch.tensor([[0.0, 2.0]]), torch.tensor([[0.5, 0.5]]))],
)
