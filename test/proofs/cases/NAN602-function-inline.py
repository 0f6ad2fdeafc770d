r"""A second softmax of numbers from 0 to 1: with every answer right, the loss of three classes stays above 0.55.

Expected: last loss 0\.5\d+ at an accuracy of 1\.0
"""
import torch
import torch.nn.functional as F

from wrong_loss import classes, verdict

torch.manual_seed(0)
net = torch.nn.Linear(3, 3)
optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
losses = []

for x, y in classes(60):
    logits = 4 * net(x)
    optimizer.zero_grad()
    loss = F.cross_entropy(F.softmax(logits, dim=1), y)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

verdict(losses, (logits.argmax(1) == y).float().mean())
