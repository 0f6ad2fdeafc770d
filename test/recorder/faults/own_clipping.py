"""Clips gradients with a few lines of its own."""
# group: backward
import torch
from torch import nn

import watching

torch.manual_seed(45)


def clip_gradients(parameters, max_norm):
    gradients = [p.grad for p in parameters if p.grad is not None]
    total = torch.linalg.vector_norm(torch.stack([g.norm() for g in gradients]))
    scale = max_norm / total  # cause
    for gradient in gradients:
        gradient.mul_(scale)


class Hinge(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(3, 1)

    def forward(self, x, side):
        return torch.relu(1 - side * self.net(x).squeeze(-1)).mean()


points = torch.randn(8, 3)
side = torch.where(points[:, 0] + 0.2 * points[:, 1] > 0, 1.0, -1.0)
points[:, 0] += side
model = Hinge()
optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
rec = watching.Recorder(model, optimizer)
for step in rec.watch(range(100)):
    optimizer.zero_grad()
    loss = model(points, side)
    loss.backward()
    clip_gradients(model.parameters(), 1.0)
    optimizer.step()
    print(f"{step:3d} {loss.item():.4f}")
