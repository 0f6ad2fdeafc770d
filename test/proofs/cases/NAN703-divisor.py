"""A learned scale that starts at 0, and is divided by.

Expected: edge 0: value inf
"""
import torch
from torch import nn

from proof import prove


class Scaled(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(dim))  # hazard

    def forward(self, x):
        return x / self.scale


prove(Scaled(2), edge=[(torch.tensor([1.0, 2.0]),)], ordinary=[])
