"""Aligns point clouds to their principal axes, inside the network."""
# group: backward
import torch
from torch import nn

import watching

torch.manual_seed(39)


class PcaFrame(nn.Module):
    def __init__(self):
        super().__init__()
        self.stretch = nn.Parameter(torch.eye(3))
        self.read = nn.Linear(3, 1)

    def forward(self, cloud):
        cloud = cloud @ self.stretch
        covariance = cloud.transpose(1, 2) @ cloud / cloud.shape[1]
        _, axes = torch.linalg.eigh(covariance)  # cause
        return self.read((cloud @ axes).abs().mean(1))


def clouds():
    for i in range(8):
        cloud = torch.randn(4, 30, 3)
        if i == 6:
            corners = torch.tensor([[s if a == b else 0.0 for b in range(3)] for a in range(3) for s in (1.0, -1.0)])
            cloud[2] = corners.repeat(5, 1)  # an octahedron has no principal axis
            with torch.no_grad():
                model.stretch.copy_(torch.eye(3))
        yield cloud


model = PcaFrame()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
rec = watching.Recorder(model, optimizer)
for cloud in rec.watch(clouds()):
    loss = (model(cloud) - cloud.pow(2).mean((1, 2))[:, None]).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
