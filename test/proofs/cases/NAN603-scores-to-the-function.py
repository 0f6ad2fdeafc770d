"""The same with the function.

Expected: RuntimeError: all elements of input should be between 0 and 1
"""
import torch
import torch.nn.functional as F

from wrong_loss import classes, verdict

torch.manual_seed(0)
probe = torch.nn.Linear(3, 1)
optimizer = torch.optim.Adam(probe.parameters(), lr=0.5)
losses = []

for x, kind in classes(80):
    y = (kind == 1).float()
    optimizer.zero_grad()
    loss = F.binary_cross_entropy(probe(x).flatten(), y)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

verdict(losses, ((probe(x).flatten() > 0) == (y > 0)).float().mean())
