"""Learns particle positions from their pair distances."""
# group: backward
import torch
from torch import nn

import watching

torch.manual_seed(36)


def pair_distances(positions):
    difference = positions[:, None, :] - positions[None, :, :]
    return difference.pow(2).sum(-1).pow(0.5)  # cause


class Layout(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.positions = nn.Parameter(torch.randn(count, 2))

    def forward(self, pairs):
        if pairs is not None:
            i, j = pairs
            return (self.positions[i] - self.positions[j]).norm(dim=1)
        return pair_distances(self.positions)[~torch.eye(len(self.positions), dtype=torch.bool)]


layout = Layout(12)
optimizer = torch.optim.Adam(layout.parameters(), lr=0.05)
rec = watching.Recorder(layout, optimizer)
for epoch in rec.watch(range(12)):
    # Ten epochs on sampled pairs, then on all of them.
    pairs = torch.randperm(12).view(2, 6) if epoch < 10 else None
    loss = (layout(pairs) - 1.0).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(epoch, loss.item())
