"""Full precision, 200 steps of SGD with momentum."""
import torch
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
rec = watching.Recorder(model, optimizer)
losses = []
for x in rec.watch(torch.randn(200, 16, 10)):
    loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
report(model, losses)
