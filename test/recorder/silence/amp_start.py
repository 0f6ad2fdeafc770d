"""A float16 start whose scale is far too high: many steps in a row are skipped before the first update."""
import torch
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(4)
model = nn.Sequential(nn.Linear(6, 24), nn.Tanh(), nn.Linear(24, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**24)
rec = watching.Recorder(model, optimizer)
losses, skips = [], 0
for x in rec.watch(torch.randn(60, 16, 6)):
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.float16):
        output = model(x)
        loss = nn.functional.mse_loss(output.float(), 1000 * x[:, :1])
    scale = scaler.get_scale()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
    skips += scaler.get_scale() < scale
    losses.append(loss.item())
assert skips >= 15, f"only {skips} steps were skipped"
report(model, losses)
