r"""The model ends in a softmax layer.

Expected: last loss 0\.5\d+ at an accuracy of 1\.0
"""
import torch
from torch import nn

from wrong_loss import classes, verdict

torch.manual_seed(0)
net = nn.Sequential(
    nn.Linear(3, 32),
    nn.ReLU(),
    nn.Linear(32, 3),
    nn.Softmax(dim=1),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
losses = []

for x, y in classes(60):
    optimizer.zero_grad()
    out = net(x)
    loss = criterion(out, y)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

verdict(losses, (out.argmax(1) == y).float().mean())
