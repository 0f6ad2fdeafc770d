"""A step is skipped when the loss is NaN, or so it was meant: the weights become NaN and stay so.

Expected: loss nan at step 1, nan at the last
"""
import torch
from torch import nn

from proof import report

torch.manual_seed(0)
model = nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
batches = [torch.ones(4, 2), torch.full((4, 2), float("nan")), torch.ones(4, 2)]

losses = []
for x in batches:
    loss = model(x).pow(2).mean()
    if loss.item() == float("nan"):  # hazard
        continue
    losses.append(loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

bad = [i for i, value in enumerate(losses) if value != value]
seen = f"loss {losses[bad[0]]} at step {bad[0]}, {losses[-1]} at the last" if bad else f"last loss {losses[-1]}"
report(not bad, seen, losses[:1])
