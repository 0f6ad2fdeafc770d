"""A running mean that begins with whatever was in memory.

Expected: value nan, gradient finite
"""
import torch
from torch import nn

from proof import prove

# PyTorch then fills what is reserved with NaN, as other memory may be.
torch.use_deterministic_algorithms(True)


class Centre(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.register_buffer("centre", torch.empty(1, dim))  # hazard

    def forward(self, x):
        with torch.no_grad():
            self.centre = self.centre * 0.9 + x.mean(dim=0) * 0.1
        return x - self.centre


prove(Centre(3), edge=[(torch.tensor([[1.0, 2.0, 3.0]]),)], ordinary=[])
