"""A learned exponent is no whole number after the first step.

Expected: value nan
"""
import torch
from torch import nn

from proof import prove


class Warp(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = nn.Parameter(torch.ones(1) * 2.9)

    def forward(self, features):
        x = torch.tanh(features)
        return x**self.p  # hazard


warp = Warp()
prove(
    lambda x: warp(x),
    edge=[(torch.tensor([-0.5, 0.1, 2.0]),)],
    ordinary=[(torch.tensor([0.5, 1.5]),)],
)
