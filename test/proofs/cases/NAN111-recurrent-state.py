"""The first state of an LSTM, reserved and not filled.

Expected: value nan, gradient nan
"""
import torch
from torch import nn

from proof import prove

# PyTorch then fills what is reserved with NaN, as other memory may be.
torch.use_deterministic_algorithms(True)


class Tagger(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.lstm = nn.LSTM(dim, dim)

    def forward(self, x):
        hidden = torch.empty(1, x.size(1), x.size(2))  # hazard
        cell = torch.zeros_like(hidden)
        return self.lstm(x, (hidden, cell))[0]


prove(Tagger(2), edge=[(torch.tensor([[[1.0, 2.0]]]),)], ordinary=[])
