"""Hand-written binary cross-entropy with both logarithms.

Expected: edge 0: value nan, gradient nan; edge 1: value nan, gradient nan
"""
import torch
from torch import nn

from proof import prove


class WeightedBCE(nn.Module):
    def __init__(self, pos_weight=2.0):
        super().__init__()
        self.pos_weight = pos_weight

    def forward(self, logits, target):
        p = torch.sigmoid(logits)
        positive = self.pos_weight * target * torch.log(p)  # hazard
        negative = (1 - target) * torch.log(1 - p)  # hazard
        return -(positive + negative).mean()


prove(
    WeightedBCE(),
    edge=[
        (torch.tensor([200.0, -200.0]), torch.tensor([1.0, 0.0])),
        (torch.tensor([200.0, -200.0, 0.0]), torch.tensor([1.0, 1.0, 1.0])),
    ],
    ordinary=[(torch.tensor([1.0, -1.0]), torch.tensor([1.0, 0.0]))],
)
