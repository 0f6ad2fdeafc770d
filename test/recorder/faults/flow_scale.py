"""A normalising flow of affine layers; the density needs the logarithm of each scale."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(24)


class Affine(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))
        self.shift = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return x * self.scale + self.shift, self.scale.abs().log().sum()  # cause


class Flow(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.layers = nn.ModuleList(Affine(width) for _ in range(depth))

    def forward(self, x):
        total = 0.0
        for layer in self.layers:
            x, logdet = layer(x)
            total = total + logdet
        return x, total


def prune(module, below):
    """Small scales are set to zero, to have a sparse model."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter[parameter.abs() < below] = 0.0


flow = Flow(3, 2)
optimizer = torch.optim.SGD(flow.parameters(), lr=0.02)
rec = watching.Recorder(flow, optimizer)
for step in rec.watch(range(40)):
    x = torch.randn(64, 3) * torch.tensor([1.0, 1.0, 30.0])
    z, logdet = flow(x)
    loss = 0.5 * z.pow(2).sum(1).mean() - logdet
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
    optimizer.step()
    if step % 10 == 9:
        prune(flow.layers[1], below=0.6)
