"""Habits of loops: continue, an early break, several epochs, zero_grad at the end, evaluation in between."""
import torch
from fingerprint import report
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import watching

torch.manual_seed(8)
x = torch.randn(160, 6)
y = (x[:, 0] > 0).long()
loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
validation = DataLoader(TensorDataset(x[:48], y[:48]), batch_size=16)
model = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
rec = watching.Recorder(model, optimizer)
losses = []


@torch.no_grad()
def evaluate():
    model.eval()
    total = sum(nn.functional.cross_entropy(model(bx), by).item() for bx, by in validation)
    model.train()
    return total / len(validation)


for epoch in range(5):
    for i, (bx, by) in enumerate(rec.watch(loader)):
        if by.sum() < 6:
            continue
        loss = nn.functional.cross_entropy(model(bx), by)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if i % 4 == 3:
            losses.append(evaluate())
        if epoch == 3 and i == 5:
            break
    schedule.step(evaluate())
report(model, losses)
