r"""Softmax of one number is 1, whatever it is: the gradient is 0 and nothing is learned.

Expected: last loss \d\d\.\d+ at an accuracy of 0\.3
"""
import torch
from torch import nn

from wrong_loss import classes, verdict

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1), nn.Softmax(dim=1))
criterion = nn.BCELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
losses = []

for x, kind in classes(40):
    y = (kind == 1).float().unsqueeze(1)
    optimizer.zero_grad()
    out = model(x)
    loss = criterion(out, y)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

verdict(losses, ((out > 0.5) == (y > 0)).float().mean())
