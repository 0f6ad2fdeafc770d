"""Bfloat16 autocast, gradient clipping and a warm-up."""
import torch
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(5)
model = nn.Sequential(nn.Linear(16, 64), nn.SiLU(), nn.LayerNorm(64), nn.Linear(64, 16))
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=60)
rec = watching.Recorder(model, optimizer)
losses = []
for x in rec.watch(torch.randn(60, 8, 16)):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = (model(x) - x.roll(1, 1)).float().pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
    optimizer.step()
    schedule.step()
    losses.append(loss.item())
report(model, losses)
