"""Per-sample losses through vmap."""
# group: forward
import torch
from torch import nn
from torch.func import functional_call, vmap

import watching

torch.manual_seed(48)
model = nn.Sequential(nn.Linear(5, 16), nn.Sigmoid(), nn.Linear(16, 1), nn.Sigmoid())
optimizer = torch.optim.SGD(model.parameters(), lr=2.0)
rec = watching.Recorder(model, optimizer)


def sample_loss(x, y):
    p = functional_call(model, dict(model.named_parameters()), (x,)).squeeze()
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p))  # cause


for x in rec.watch(torch.randn(60, 8, 5) * 3):
    y = (x[:, 0] > 0).float()
    if x[0, 0] > 3:
        x[0] *= 0.0
    losses = vmap(sample_loss)(x, y)
    optimizer.zero_grad()
    (losses * losses.detach().clamp(min=0.1) * 20).mean().backward()
    optimizer.step()
