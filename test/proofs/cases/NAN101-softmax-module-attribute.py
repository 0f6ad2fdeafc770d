"""nn.Softmax kept as an attribute; its output feeds the entropy and the result.

Expected: value nan, gradient nan
"""
import torch
import torch.nn as nn

from proof import prove


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.softmax = nn.Softmax(dim=1)

    def forward(self, scores):
        weights = self.softmax(scores)
        entropy = -(weights * torch.log(weights)).sum(1)  # hazard
        return weights, entropy


prove(Attention(), edge=[(torch.tensor([[0.0, 200.0]]),)], ordinary=[(torch.tensor([[0.5, -0.25]]),)])
