r"""Sizes and rooms from NumPy, in batches, into a small network.

Expected: loss \d+\.\d+ at first, (nan|inf)
"""
import math

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

from proof import report

torch.manual_seed(0)
rng = np.random.RandomState(0)
size = rng.uniform(5000, 40000, 64)
rooms = rng.randint(1, 6, 64)
X = torch.from_numpy(np.stack([size, rooms], axis=1)).float()
y = (X[:, :1] / 1000 + X[:, 1:]).detach()
loader = DataLoader(TensorDataset(X, y), batch_size=64)  # hazard
model = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.LeakyReLU(), torch.nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
losses = []
for _ in range(40):
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(xb), yb)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
report(math.isfinite(losses[-1]) and losses[-1] < losses[0], f"loss {losses[0]} at first, {losses[-1]} in the end")
