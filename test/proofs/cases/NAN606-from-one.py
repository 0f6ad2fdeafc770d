"""Class ids that start at 1: the last one is no class of the model.

Expected: IndexError: Target 3 is out of bounds
"""
import torch
from torch import nn

from proof import report

torch.manual_seed(0)
model = nn.Linear(3, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
x = torch.eye(3)
labels = torch.tensor([1, 2, 3])
losses = []
for _ in range(50):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), labels)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
report(losses[-1] < 0.5 * losses[0], f"loss {losses[0]} at first, {losses[-1]} in the end")
