r"""Eight layers that each make their inputs 16 times as large: in half precision the eighth is beyond the range.

Expected: the output is (inf|nan)
"""
import torch
from torch import nn

from proof import report


class Layer(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs))  # hazard

    def forward(self, x):
        return torch.relu(x @ self.weight)


torch.manual_seed(0)
net = nn.Sequential(*[Layer(256, 256) for _ in range(8)])
largest = net(torch.randn(4, 256)).half().abs().max().item()
report(largest < 1e4, f"the output is {largest}")
