"""The gradients are scaled when the clip sees them, so it cuts every one of them to 1 / 65,536 of the limit and nothing is
learned. Only a GPU runs it as it stands; cuda_stand_in puts the CPU's fp16 autocast and scaler in its place, which round
and scale alike.

Expected: did not learn
"""
import cuda_stand_in
import torch
from torch import nn

from half_precision import verdict

torch.manual_seed(0)
model = nn.Linear(8, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cuda")
x = torch.randn(256, 8)
y = x.sum(dim=1, keepdim=True)
losses = []

for step in range(60):
    optimizer.zero_grad()
    with torch.autocast("cuda"):
        loss = nn.functional.mse_loss(model(x), y)
    scaler.scale(loss).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # hazard
    scaler.step(optimizer)
    scaler.update()
    losses.append(loss.item())

verdict(losses)
