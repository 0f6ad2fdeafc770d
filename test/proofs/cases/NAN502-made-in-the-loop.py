"""A new scaler for each batch starts at a scale that overflows, and never learns better. Only a GPU runs it as it stands;
cuda_stand_in puts the CPU's fp16 autocast and scaler in its place, which round and scale alike.

Expected: did not learn
"""
import cuda_stand_in
import torch
from torch import nn

from half_precision import verdict

torch.manual_seed(0)
model = nn.Linear(8, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
x = torch.randn(256, 8)
y = 100 * x.sum(dim=1, keepdim=True)
losses = []

for step in range(800):
    scaler = torch.amp.GradScaler("cuda")  # hazard
    optimizer.zero_grad()
    with torch.autocast("cuda"):
        loss = 10 * nn.functional.mse_loss(model(x).float(), y)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    losses.append(loss.item())

verdict(losses)
