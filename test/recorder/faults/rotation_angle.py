"""Regresses rotations, with the geodesic angle as the loss."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(18)


def to_rotation(six):
    a, b = six[:, :3], six[:, 3:]
    x = nn.functional.normalize(a, dim=1)
    y = nn.functional.normalize(b - (x * b).sum(1, keepdim=True) * x, dim=1)
    return torch.stack([x, y, torch.linalg.cross(x, y)], dim=2)


def geodesic(r1, r2):
    trace = (r1.transpose(1, 2) @ r2).diagonal(dim1=1, dim2=2).sum(1)
    return torch.acos((trace - 1) / 2).mean()  # cause


model = nn.Linear(6, 6)
with torch.no_grad():
    model.weight.copy_(torch.eye(6) + 0.03 * torch.randn(6, 6))
    model.bias.zero_()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
rec = watching.Recorder(model, optimizer)
for _ in rec.watch(range(200)):
    pose = torch.randn(24, 6)
    loss = geodesic(to_rotation(model(pose)), to_rotation(pose))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
