"""A layer's scores are no probabilities: the loss refuses those outside 0 to 1.

Expected: RuntimeError: all elements of input should be between 0 and 1
"""
import torch
from torch import nn

from wrong_loss import classes, verdict


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        return self.net(x)


torch.manual_seed(0)
model = Net()
criterion = nn.BCELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
losses = []

for x, kind in classes(80):
    y = (kind == 1).float()
    out = model(x).squeeze(-1)
    optimizer.zero_grad()
    loss = criterion(out, y)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

verdict(losses, ((out > 0) == (y > 0)).float().mean())
