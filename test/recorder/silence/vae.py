"""A variational autoencoder with a KL warm-up and clipping by value."""
import torch
import torch.nn.functional as F
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(13)


class Vae(nn.Module):
    def __init__(self, width=20, latent=3):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(width, 32), nn.ReLU(), nn.Linear(32, 2 * latent))
        self.decode = nn.Sequential(nn.Linear(latent, 32), nn.ReLU(), nn.Linear(32, width))

    def forward(self, x):
        mean, log_variance = self.encode(x).chunk(2, -1)
        z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        kl = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum(1).mean()
        return self.decode(z), kl


model = Vae()
optimizer = torch.optim.Adamax(model.parameters(), lr=2e-3)
rec = watching.Recorder(model, optimizer)
losses = []
for step in rec.watch(range(60)):
    x = (torch.rand(16, 1) + 0.3 * torch.rand(16, 20) > 0.6).float()
    logits, kl = model(x)
    loss = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / 16 + min(1.0, step / 30) * kl
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 5.0)
    optimizer.step()
    losses.append(loss.item())
report(model, losses)
