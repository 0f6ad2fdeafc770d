r"""A linear regression on years: each step overshoots by the square of 2000.

Expected: loss \d+\.\d+ at first, (nan|inf)
"""
import math

import torch
from torch import nn

from proof import report

torch.manual_seed(0)
X = torch.tensor([[1990.0], [2000.0], [2010.0], [2020.0]])
y = torch.tensor([[1.0], [1.5], [2.2], [3.1]])
model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
losses = []
for _ in range(60):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(X), y)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
report(math.isfinite(losses[-1]) and losses[-1] < losses[0], f"loss {losses[0]} at first, {losses[-1]} in the end")
