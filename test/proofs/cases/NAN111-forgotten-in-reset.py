"""`torch.full` makes a new tensor and fills that: the parameter stays as the memory was.

Expected: value nan, gradient nan
"""
import torch
from torch import nn

from proof import prove

# PyTorch then fills what is reserved with NaN, as other memory may be.
torch.use_deterministic_algorithms(True)


class Relation(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.left = nn.Parameter(torch.empty(1, channels))
        self.right = nn.Parameter(torch.empty(channels, channels))  # hazard
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.ones_(self.left)
        torch.full(self.right.size(), 1 / self.right.size(0))

    def forward(self, x):
        return x * self.left @ self.right


prove(Relation(2), edge=[(torch.tensor([[1.0, 2.0]]),)], ordinary=[])
