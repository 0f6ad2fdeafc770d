"""A loss scale that settles, and later an overflow at every step: the loss stays finite all the while."""

import torch

torch.manual_seed(0)
weight = torch.nn.Parameter(torch.ones(4))
optimizer = torch.optim.SGD([weight], lr=1e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**20)
for step in range(60):
    x = torch.rand(4) if step < 12 else torch.zeros(4)
    loss = ((weight * x).half() * 0.5).float().sum() + (weight * x).square().sum().sqrt()
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    print(f"step {step} | loss {loss.item():.4f} | scale {scaler.get_scale()}")
