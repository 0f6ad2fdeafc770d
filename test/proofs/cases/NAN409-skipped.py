"""From the batch on that makes the weights NaN, every batch is skipped, and nobody is told.

Expected: 4 of 10 batches were used, told of none
"""
import contextlib
import io

import torch
from torch import nn

from proof import report


def train(model, batches):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    used = 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).sum(1).sqrt().mean()
        if torch.isnan(loss):  # hazard
            continue
        loss.backward()
        optimizer.step()
        used += 1
    return used


torch.manual_seed(0)
model = nn.Linear(3, 2)
batches = [(torch.randn(8, 3), torch.randn(8, 2)) for _ in range(10)]
# Its loss is finite; the root at a distance of 0 has no gradient.
batches[3][0][0] = 0.0
model.bias.data.zero_()
batches[3][1][0] = 0.0
model.bias.requires_grad_(False)
told = io.StringIO()
with contextlib.redirect_stdout(told):
    used = train(model, batches)
lines = told.getvalue().count("\n")
report(lines > 0, f"{used} of {len(batches)} batches were used, told of {lines or 'none'}")
