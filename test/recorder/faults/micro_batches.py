"""Gradient accumulation over four micro-batches."""
# group: mechanics
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import watching

torch.manual_seed(50)
ACCUMULATE = 4


def relative_error(prediction, target):
    return ((prediction - target).abs() / target).mean()  # cause


x = torch.rand(480, 6)
y = x.sum(1) + 0.5
y[222] = 0.0
loader = DataLoader(TensorDataset(x, y), batch_size=10)
model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
optimizer.zero_grad()
for i, (features, target) in enumerate(rec.watch(loader)):
    loss = relative_error(model(features).squeeze(1), target) / ACCUMULATE
    loss.backward()
    if (i + 1) % ACCUMULATE == 0:
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
