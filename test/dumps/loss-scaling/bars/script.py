"""The scale in the postfix of a bar: it settles, and later falls at every step."""

import sys

import torch
from tqdm import tqdm

torch.manual_seed(0)
weight = torch.nn.Parameter(torch.ones(4))
optimizer = torch.optim.SGD([weight], lr=1e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**18)
bar = tqdm(range(50), mininterval=0, file=sys.stdout)
for step in bar:
    x = torch.rand(4) if step < 12 else torch.zeros(4)
    loss = ((weight * x).half() * 0.5).float().sum() + (weight * x).square().sum().sqrt()
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    bar.set_postfix(loss=loss.item(), scale=scaler.get_scale())
