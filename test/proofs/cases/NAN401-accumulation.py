"""Accumulated over two micro-batches; the clip must stay in the block of the step, not run in each micro-batch.

Expected: loss nan
"""
import torch

from proof import report

ACCUMULATION = 2
torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
loader = [(50 * torch.randn(64, 3), torch.randn(64, 1))] * 80
losses = []

for i, (x, y) in enumerate(loader):
    loss = torch.nn.functional.mse_loss(model(x), y) / ACCUMULATION
    loss.backward()
    losses.append(loss.item())
    if (i + 1) % ACCUMULATION == 0:
        optimizer.step()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # hazard
        optimizer.zero_grad()

bad = [value for value in losses if value != value]
report(not bad, f"loss {bad[0] if bad else losses[-1]}", losses[:2])
