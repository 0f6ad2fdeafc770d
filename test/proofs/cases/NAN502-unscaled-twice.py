"""unscale_ raises when it is called twice between two updates. Only a GPU runs it as it stands; cuda_stand_in puts the
CPU's fp16 autocast and scaler in its place, which round and scale alike.

Expected: unscale_.. has already been called
"""
import cuda_stand_in
import torch
from torch import nn

from proof import report


def step(model, x, y, optimizer, scaler, max_norm):
    optimizer.zero_grad()
    with torch.autocast("cuda"):
        loss = nn.functional.mse_loss(model(x), y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    norm = torch.stack([p.grad.norm() for p in model.parameters()]).norm()
    if norm > 0:
        scaler.unscale_(optimizer)  # hazard
        nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


torch.manual_seed(0)
net = nn.Linear(8, 1)
opt = torch.optim.SGD(net.parameters(), lr=0.01)
grad_scaler = torch.amp.GradScaler("cuda")
x = torch.randn(256, 8)
try:
    losses = [step(net, x, x.sum(dim=1, keepdim=True), opt, grad_scaler, 1.0) for _ in range(3)]
    report(True, "three steps")
except RuntimeError as error:
    report(False, str(error))
