"""Gradient accumulation whose last window is not full, and a metric that is NaN without harm."""
import torch
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(9)
model = nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Dropout(0.1), nn.Linear(24, 3))
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
losses, recalls = [], []
for epoch in range(2):
    optimizer.zero_grad()
    for i, x in enumerate(rec.watch(torch.randn(30, 8, 6))):
        y = (x[:, 0] > 0).long() + (x[:, 1] > 1.2).long()
        logits = model(x)
        loss = nn.functional.cross_entropy(logits, y) / 4
        loss.backward()
        with torch.no_grad():
            rare = y == 2
            recalls.append(((logits.argmax(1) == 2) & rare).sum() / rare.sum())
        if i % 4 == 3:
            optimizer.step()
            optimizer.zero_grad()
        losses.append(loss.item())
assert any(bool(recall.isnan()) for recall in recalls)
report(model, losses)
