"""Clipped before the gradients exist: one exploding batch, and everything is NaN.

Expected: loss nan
"""
import torch

from proof import report

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
loader = [(50 * torch.randn(64, 3), torch.randn(64, 1))] * 80
losses = []

for x, y in loader:
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(x), y)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

bad = [value for value in losses if value != value]
report(not bad, f"loss {bad[0] if bad else losses[-1]}", losses[:1])
