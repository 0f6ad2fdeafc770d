"""Scales, starts and adapters that nothing initialises: `torch.Tensor(n)` and `empty_like` reserve memory and no more.

Expected: value nan, gradient nan
"""
import torch
from torch import nn

from proof import prove

# PyTorch then fills what is reserved with NaN, as other memory may be.
torch.use_deterministic_algorithms(True)


class Start(nn.Module):
    def __init__(self, num_tags):
        super().__init__()
        self.start = nn.Parameter(torch.Tensor(num_tags))  # hazard
        self.gamma = nn.Parameter(torch.empty(num_tags))  # hazard
        self.delta = nn.Parameter(torch.empty_like(self.gamma))  # hazard

    def forward(self, x):
        return (x + self.start) * self.gamma * (1 + self.delta)


prove(Start(3), edge=[(torch.tensor([[1.0, 2.0, 3.0]]),)], ordinary=[])
