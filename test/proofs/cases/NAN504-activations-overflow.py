"""Activations above 65,504 are Inf in float16, and Inf minus Inf is NaN.

Expected: loss nan
"""
import torch
from torch import nn

from proof import report


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(16, 64)
        self.second = nn.Linear(64, 1)

    def forward(self, x):
        return self.second(self.first(x) * self.first(x))


torch.manual_seed(0)
net = Net().to(dtype=torch.float16)  # hazard
optimizer = torch.optim.SGD(net.parameters(), lr=1e-12)
x = (300 * torch.randn(32, 16)).to(torch.float16)
loss = torch.zeros(())
for _ in range(2):
    optimizer.zero_grad()
    loss = net(x).float().abs().mean()
    loss.backward()
    optimizer.step()

value = loss.item()
report(value == value and value != float("inf"), f"loss {value}")
