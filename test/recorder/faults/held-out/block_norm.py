"""A deep residual network with its own layer norm in every block."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(26)


class Norm(nn.Module):
    def forward(self, x):
        centred = x - x.mean(-1, keepdim=True)
        return centred * centred.pow(2).mean(-1, keepdim=True).rsqrt()  # cause


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = Norm()
        self.layers = nn.Sequential(nn.Linear(width, width, bias=False), nn.ReLU())

    def forward(self, x):
        return self.layers(self.norm(x))


class Deep(nn.Module):
    def __init__(self, width=6, depth=3):
        super().__init__()
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.head = nn.Linear(width, 2)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


model = Deep()
optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
rec = watching.Recorder(model, optimizer)
for x in rec.watch(torch.randn(400, 4, 6)):
    y = (x.sum(1) > 0).long()
    loss = nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
