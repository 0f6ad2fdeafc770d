"""A denoising diffusion model: small U-Net, noise from its own generator, an averaged copy of the weights."""
import copy
import math

import torch
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(17)
STEPS = 50
beta = torch.linspace(1e-4, 0.05, STEPS)
kept = torch.cumprod(1 - beta, 0)


class UNet(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.time = nn.Sequential(nn.Linear(8, width), nn.SiLU(), nn.Linear(width, width))
        self.into = nn.Conv2d(1, width, 3, padding=1)
        self.down = nn.Sequential(nn.GroupNorm(4, width), nn.SiLU(), nn.Conv2d(width, 2 * width, 3, 2, 1))
        self.up = nn.Sequential(nn.GroupNorm(4, 2 * width), nn.SiLU(), nn.ConvTranspose2d(2 * width, width, 4, 2, 1))
        self.out = nn.Conv2d(2 * width, 1, 3, padding=1)

    def forward(self, x, t):
        angle = t[:, None] * torch.exp(-math.log(1e4) * torch.arange(4) / 4)
        embedded = self.time(torch.cat([angle.sin(), angle.cos()], 1))[:, :, None, None]
        first = self.into(x) + embedded
        return self.out(torch.cat([first, self.up(self.down(first))], 1))


model = UNet()
average = copy.deepcopy(model).requires_grad_(False)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
rec = watching.Recorder(model, optimizer)
source, losses = torch.Generator().manual_seed(3), []
for images in rec.watch(torch.rand(40, 6, 1, 8, 8) * 2 - 1):
    t = torch.randint(0, STEPS, (6,), generator=source)
    noise = torch.randn(images.shape, generator=source)
    level = kept[t][:, None, None, None]
    loss = (model(level.sqrt() * images + (1 - level).sqrt() * noise, t) - noise).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        for ours, theirs in zip(average.parameters(), model.parameters()):
            ours.lerp_(theirs, 0.05)
    losses.append(loss.item())
report([model, average], losses)
