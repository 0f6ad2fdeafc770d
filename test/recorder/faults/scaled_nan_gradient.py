"""Mixed precision: the loss is fine, yet from some step on the scaler skips every update."""
# group: precision
import torch
from torch import nn

import watching

torch.manual_seed(84)


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 8))

    def forward(self, a, b):
        gap = (self.embed(a) - self.embed(b)).float()
        return torch.sqrt((gap * gap).sum(-1))  # cause


def pairs(step):
    a, b = torch.randn(16, 6), torch.randn(16, 6)
    same = torch.rand(16) < 0.5
    b[same] = a[same] + 0.1 * torch.randn(int(same.sum()), 6)
    if step >= 12:
        b[0], same[0] = a[0], True  # a sampler that pairs pictures with themselves
    return a, b, same.float()


model = Siamese()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
scaler = torch.amp.GradScaler("cpu", init_scale=256.0)
rec = watching.Recorder(model, optimizer)
for a, b, same in rec.watch(map(pairs, range(40))):
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.float16):
        distance = model(a, b)
    loss = (same * distance**2 + (1 - same) * (1 - distance).clamp(min=0) ** 2).mean() + 0.1 * distance.mean()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
