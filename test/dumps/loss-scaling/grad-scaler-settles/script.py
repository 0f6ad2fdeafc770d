"""A loss scale that is too large at first, and settles."""

import torch

torch.manual_seed(0)
weight = torch.nn.Parameter(torch.ones(4))
optimizer = torch.optim.SGD([weight], lr=1e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**22, growth_interval=9)
for step in range(40):
    loss = (weight.half() * torch.rand(4).half()).float().sum()
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    print({"step": step, "loss": loss.item(), "loss_scale": scaler.get_scale()})
