r"""The probabilities have a name and are used for the accuracy too; the scores still have theirs.

Expected: last loss 0\.5\d+ at an accuracy of 1\.0
"""
import torch
from torch import nn

from wrong_loss import classes, verdict

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
losses = []

for x, y in classes(60):
    scores = net(x)
    p = scores.softmax(dim=-1)
    accuracy = (p.argmax(dim=-1) == y).float().mean()
    optimizer.zero_grad()
    loss = criterion(p, y)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

verdict(losses, accuracy)
