"""A denoiser whose noise comes from a Box-Muller transform with its own generator."""
# group: mechanics
import math

import torch
from torch import nn

import watching

torch.manual_seed(61)
generator = torch.Generator()
generator.manual_seed(11)


def gaussian(*shape):
    u1 = torch.randint(0, 4096, shape, generator=generator) / 4096
    u2 = torch.rand(shape, generator=generator)
    radius = (-2 * torch.log(u1)).sqrt()  # cause
    return radius * torch.cos(2 * math.pi * u2)


denoiser = nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 10))
optimizer = torch.optim.Adam(denoiser.parameters(), lr=1e-3)
rec = watching.Recorder(denoiser, optimizer)
for step, clean in enumerate(rec.watch(torch.randn(100, 16, 10))):
    noisy = clean + 0.3 * gaussian(16, 10)
    loss = nn.functional.mse_loss(denoiser(noisy), clean)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print(step, loss.item())
