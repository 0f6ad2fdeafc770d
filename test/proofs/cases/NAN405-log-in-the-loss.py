r"""A loss that turns NaN after some steps; nothing notices, and the run ends as if all were well.

Expected: loss nan
Named: Error detected in LogBackward0[\s\S]*p \* torch\.log\(p\)
"""
import torch

from proof import report

torch.manual_seed(0)
model = torch.nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
losses = []

for step in range(30):
    x = torch.randn(16, 4) * (200.0 if step == 20 else 1.0)
    optimizer.zero_grad()
    p = torch.softmax(model(x), dim=-1)
    loss = (p * torch.log(p)).sum(-1).mean()
    loss.backward()  # hazard
    optimizer.step()
    losses.append(loss.item())

report(losses[-1] == losses[-1], f"loss {losses[-1]} at the last of {len(losses)} steps", losses)
