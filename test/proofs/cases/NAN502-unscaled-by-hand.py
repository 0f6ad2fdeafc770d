"""Unscaled for the clip, and then the optimizer steps by itself: when a gradient overflows nothing skips the step. Only a
GPU runs it as it stands; cuda_stand_in puts the CPU's fp16 autocast and scaler in its place, which round and scale alike.

Expected: the weights are nan
"""
import cuda_stand_in
import torch
from torch import nn

from proof import report

torch.manual_seed(0)
model = nn.Linear(8, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
scaler = torch.amp.GradScaler("cuda")
x = torch.randn(256, 8)
y = 100 * x.sum(dim=1, keepdim=True)

for step in range(20):
    optimizer.zero_grad()
    with torch.autocast("cuda"):
        loss = 10 * nn.functional.mse_loss(model(x).float(), y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()  # hazard
    scaler.update()

sound = bool(torch.isfinite(model.weight).all())
report(sound, f"the weights are {'finite' if sound else 'nan'}")
