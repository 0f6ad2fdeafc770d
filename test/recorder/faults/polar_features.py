"""Predicts a heading from positions, through polar coordinates written by hand."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(27)


def to_polar(xy):
    x, y = xy.unbind(-1)
    radius = torch.sqrt(x * x + y * y + 1e-9)
    angle = torch.atan(y / x)  # cause
    return torch.stack([radius, angle], dim=-1)


class Tracker(nn.Module):
    def __init__(self):
        super().__init__()
        self.offset = nn.Parameter(torch.zeros(2))
        self.net = nn.Sequential(nn.Linear(2, 16), nn.SiLU(), nn.Linear(16, 1))

    def forward(self, xy):
        return self.net(to_polar(xy))


positions = torch.randn(30, 16, 2)
positions[18, 3] = 0.0  # before the first fix the receiver says (0, 0)
tracker = Tracker()
optimizer = torch.optim.Adam(tracker.parameters(), lr=1e-2)
rec = watching.Recorder(tracker, optimizer)
for xy in rec.watch(positions):
    loss = (tracker(xy) - xy[..., :1].sign()).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
