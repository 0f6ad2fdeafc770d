"""A GradScaler begins with a scale that is too large, and skips steps until it has come down. Under anomaly detection the
first of them ends the run.

Expected: returned nan values in its 0th output
"""
import cuda_stand_in
import torch
from torch import nn

from proof import report

torch.autograd.set_detect_anomaly(True)  # hazard

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
scaler = torch.amp.GradScaler("cuda", init_scale=2.0**30)
x = torch.randn(64, 8)
y = x.sum(1, keepdim=True)
losses = []
for step in range(60):
    optimizer.zero_grad()
    with torch.autocast("cuda"):
        loss = nn.functional.mse_loss(model(x), y)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    losses.append(loss.item())
report(losses[-1] < losses[0], f"loss {losses[0]:.3g} at first, {losses[-1]:.3g} in the end")
