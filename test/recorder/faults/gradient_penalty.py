"""Wasserstein critic with a gradient penalty (a gradient of a gradient)."""
# group: backward
import torch
from torch import nn

import watching

torch.manual_seed(37)
critic = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.RMSprop(critic.parameters(), lr=1e-3)


def gradient_penalty(real, fake):
    mix = torch.rand(len(real), 1)
    between = (mix * real + (1 - mix) * fake).requires_grad_()
    gradient = torch.autograd.grad(critic(between).sum(), between, create_graph=True)[0]
    norm = torch.sqrt(torch.sum(gradient**2, dim=1))  # cause
    return (norm - 1).pow(2).mean()


def real_samples(step):
    shift = 0.0 if step < 8 else -80.0
    return torch.randn(32, 3) + shift


with torch.no_grad():
    critic[0].weight.abs_()
rec = watching.Recorder(critic, optimizer)
for step, real in enumerate(rec.watch(map(real_samples, range(12)))):
    fake = torch.randn(32, 3) + (0.0 if step < 8 else -80.0)
    loss = critic(fake).mean() - critic(real).mean() + 10 * gradient_penalty(real, fake)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print("critic", loss.item())
