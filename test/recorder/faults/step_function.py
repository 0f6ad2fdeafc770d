"""A training step in a function of its own, decorated."""
# group: mechanics
import torch
from torch import nn

import watching

torch.manual_seed(67)
model = nn.Sequential(nn.Linear(5, 24), nn.ELU(), nn.Linear(24, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
rec = watching.Recorder(model, optimizer)


def correlation(a, b):
    a, b = a - a.mean(), b - b.mean()
    return (a * b).sum() / (a.norm() * b.norm())  # cause


@rec.step
def train_step(x, y):
    optimizer.zero_grad()
    loss = 1 - correlation(model(x).squeeze(1), y)
    loss.backward()
    optimizer.step()
    return loss.detach()


for step in range(15):
    x = torch.randn(16, 5)
    y = x[:, 0] * 2 if step != 11 else torch.full((16,), 3.0)
    print(step, train_step(x, y).item())
