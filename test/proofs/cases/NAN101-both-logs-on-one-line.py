"""Binary focal loss on one line, two findings in it.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def focal_loss(logits, y, gamma=2.0):
    p = logits.sigmoid()
    return -(y * (1 - p) ** gamma * p.log() + (1 - y) * p**gamma * (1 - p).log()).mean()  # hazard: 2


prove(
    focal_loss,
    edge=[(torch.tensor([200.0, -200.0, 25.0]), torch.tensor([1.0, 0.0, 0.0]))],
    ordinary=[(torch.tensor([1.0, -1.0, 0.5]), torch.tensor([1.0, 0.0, 0.0]))],
)
