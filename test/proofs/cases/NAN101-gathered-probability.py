"""Focal loss: the target's probability is picked out before the logarithm.

Expected: value inf, gradient nan
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from proof import prove


class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0):
        super().__init__()
        self.gamma = gamma

    def forward(self, logits, target):
        p_t = F.softmax(logits, dim=-1).gather(-1, target[:, None]).squeeze(-1)
        return (-((1 - p_t) ** self.gamma) * torch.log(p_t)).mean()  # hazard


prove(
    FocalLoss(),
    edge=[(torch.tensor([[0.0, 200.0]]), torch.tensor([0]))],
    ordinary=[(torch.tensor([[0.3, 1.0], [2.0, -1.0]]), torch.tensor([0, 1]))],
)
