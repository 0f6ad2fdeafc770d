"""A weight matrix made of uninitialised memory gives NaN, and passes it back.

Expected: value nan, gradient nan
"""
import torch
from torch import nn

from proof import prove

# PyTorch then fills what is reserved with NaN, as other memory may be.
torch.use_deterministic_algorithms(True)


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.query = nn.Parameter(torch.empty(dim, dim))  # hazard

    def forward(self, x):
        return x @ self.query


prove(Attention(3), edge=[(torch.tensor([[1.0, 2.0, 3.0]]),)], ordinary=[])
