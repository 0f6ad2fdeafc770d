"""Normalises regression targets within each batch."""
# group: forward
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import watching

torch.manual_seed(9)
x = torch.randn(97, 6)
y = x.sum(1) * 3 + 1
loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
model = nn.Sequential(nn.Linear(6, 20), nn.GELU(), nn.Linear(20, 1))
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)


def standardise(values):
    centred = values - values.mean()
    return centred / (values.std() + 1e-6)  # cause


def train_epoch(rec):
    for features, target in rec.watch(loader):
        prediction = model(features).squeeze(1)
        loss = nn.functional.smooth_l1_loss(prediction, standardise(target))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


rec = watching.Recorder(model, optimizer)
for epoch in range(3):
    train_epoch(rec)
