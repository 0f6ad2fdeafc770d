"""A transformer-like block under activation checkpointing, in its recommended form."""
# group: backward
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

import watching

torch.manual_seed(42)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.up = nn.Linear(width, 2 * width, bias=False)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x):
        h = torch.tanh(self.up(x))
        energy = h.pow(2).sum(-1, keepdim=True).sqrt()  # cause
        return x + self.down(h / (energy + 1e-3))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Block(6), Block(6)])
        self.head = nn.Linear(6, 1)

    def forward(self, x):
        for block in self.blocks:
            x = checkpoint(block, x, use_reentrant=False)
        return self.head(x)


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
rec = watching.Recorder(net, optimizer)
data = torch.randn(10, 16, 6)
data[7, 2] = 0.0
for x in rec.watch(data):
    optimizer.zero_grad()
    loss = (net(x) - x[:, :1]).pow(2).mean()
    loss.backward()
    optimizer.step()
    print(loss.item())
