r"""The optimizer takes gradients that are 65,536 times too large. Only a GPU runs it as it stands; cuda_stand_in puts the
CPU's fp16 autocast and scaler in its place, which round and scale alike.

Expected: loss (nan|inf) at step \d+
"""
import cuda_stand_in
import torch
from torch import nn

from proof import train

torch.manual_seed(0)
model = nn.Linear(8, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
scaler = torch.amp.GradScaler("cuda")
x = torch.randn(256, 8)
y = x.sum(dim=1, keepdim=True)
losses = []

for step in range(60):
    optimizer.zero_grad()
    with torch.autocast("cuda"):
        loss = nn.functional.mse_loss(model(x), y)
    scaler.scale(loss).backward()
    optimizer.step()  # hazard
    losses.append(loss.item())

train(lambda step: losses[step], steps=len(losses))
