"""Dropout for 200 steps: the recorder may not draw from the random numbers of the run."""
import torch
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(1)
model = nn.Sequential(nn.Linear(8, 64), nn.GELU(), nn.Dropout(0.5), nn.Linear(64, 3))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
rec = watching.Recorder(model, optimizer)
losses = []


def noisy_batches(count):
    for _ in range(count):
        x = torch.randn(12, 8)
        yield x, x[:, :3].argmax(1)


for x, y in rec.watch(noisy_batches(200)):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x + 0.1 * torch.randn_like(x)), y)
    loss.backward()
    optimizer.step()
    losses.append(loss.detach())
report(model, losses)
