"""Float16 autocast on the CPU with a gradient scaler, 200 steps; the scale starts at PyTorch's 65536."""
import torch
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(3)
model = nn.Sequential(nn.Linear(12, 48), nn.ReLU(), nn.Dropout(0.1), nn.Linear(48, 4))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**16, growth_interval=25)
rec = watching.Recorder(model, optimizer)
losses, skips = [], 0
for x in rec.watch(torch.randn(200, 16, 12)):
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.float16):
        loss = nn.functional.cross_entropy(20 * model(x), x[:, :4].argmax(1))
    before = scaler.get_scale()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    skips += scaler.get_scale() < before
    losses.append(loss.item())
assert skips >= 2, f"only {skips} steps were skipped"
report(model, losses)
