"""Weather stations: a table with a missing reading."""
# group: data
# truth: data
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import watching

torch.manual_seed(71)


class Stations(Dataset):
    def __init__(self, rows=200):
        self.table = np.random.default_rng(0).normal(size=(rows, 5)).astype(np.float32)
        self.table[133, 2] = np.nan

    def __len__(self):
        return len(self.table)

    def __getitem__(self, index):
        row = torch.from_numpy(self.table[index])
        return row[:4], row[4:]


model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
for x, y in rec.watch(DataLoader(Stations(), batch_size=20)):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
