"""Two optimizers, two backwards, one scaler: each optimizer is stepped by it, and it is updated once. Only a GPU runs it
as it stands; cuda_stand_in puts the CPU's fp16 autocast and scaler in its place, which round and scale alike.

Expected: did not learn
"""
import cuda_stand_in
import torch
from torch import nn

from half_precision import small_signals, verdict

torch.manual_seed(0)
first, second = nn.Linear(64, 64, bias=False), nn.Linear(64, 64, bias=False)
nn.init.zeros_(first.weight)
nn.init.zeros_(second.weight)
first_optimizer = torch.optim.AdamW(first.parameters(), lr=2e-6)
second_optimizer = torch.optim.AdamW(second.parameters(), lr=2e-6)
losses = []

for x, y in small_signals(40):
    first_optimizer.zero_grad()
    second_optimizer.zero_grad()
    with torch.autocast("cuda"):
        loss = nn.functional.mse_loss(first(x), y) + nn.functional.mse_loss(second(x), y)
    loss.backward()  # hazard
    first_optimizer.step()
    second_optimizer.step()
    losses.append(loss.item())

verdict(losses)
