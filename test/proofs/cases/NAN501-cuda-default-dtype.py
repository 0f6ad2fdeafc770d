"""CUDA autocast with its default type. Only a GPU runs it as it stands; cuda_stand_in puts the CPU's fp16 autocast and
scaler in its place, which round and scale alike.

Expected: did not learn
"""
import cuda_stand_in
import torch
from torch import nn

from half_precision import small_signals, verdict

torch.manual_seed(0)
model = nn.Linear(64, 64, bias=False).cuda()
nn.init.zeros_(model.weight)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-6)
losses = []

for x, y in small_signals(40):
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cuda"):
        loss = nn.functional.mse_loss(model(x.cuda()), y.cuda())
    loss.backward()  # hazard
    optimizer.step()
    losses.append(loss.item())

verdict(losses)
