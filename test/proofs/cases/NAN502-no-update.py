"""Nothing updates the scaler between two steps, which it refuses. Only a GPU runs it as it stands; cuda_stand_in puts the
CPU's fp16 autocast and scaler in its place, which round and scale alike.

Expected: already been called since the last update
"""
import cuda_stand_in
import torch
from torch import nn

from proof import report


def fit(model, x, y, steps):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler("cuda")
    for _ in range(steps):
        optimizer.zero_grad()
        with torch.autocast("cuda"):
            loss = nn.functional.mse_loss(model(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)  # hazard
    return loss.item()


torch.manual_seed(0)
x = torch.randn(256, 8)
try:
    fit(nn.Linear(8, 1), x, x.sum(dim=1, keepdim=True), 3)
    report(True, "three steps")
except RuntimeError as error:
    report(False, str(error))
