"""Contrastive learning with three losses, of which InfoNCE is written by hand."""
# group: forward
import torch
import torch.nn.functional as F
from torch import nn

import watching

torch.manual_seed(25)
encoder = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 8))
decoder = nn.Linear(8, 10)
parameters = [*encoder.parameters(), *decoder.parameters()]
optimizer = torch.optim.Adam(parameters, lr=8e-2)


def info_nce(a, b, temperature):
    similarity = torch.exp(a @ b.t() / temperature)  # cause
    positive = similarity.diagonal()
    return -(positive / similarity.sum(1)).log().mean()


def reconstruction(z, x):
    return F.mse_loss(decoder(z), x)


def sparsity(z):
    return z.abs().mean()


rec = watching.Recorder([encoder, decoder], optimizer)
for step in rec.watch(range(50)):
    x = torch.randn(16, 10)
    a, b = encoder(x + 0.1 * torch.randn_like(x)), encoder(x + 0.1 * torch.randn_like(x))
    losses = {"nce": info_nce(a, b, 0.2), "reconstruction": reconstruction(a, x), "sparsity": sparsity(b)}
    loss = losses["nce"] + 0.5 * losses["reconstruction"] + 0.01 * losses["sparsity"]
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print({name: round(value.item(), 4) for name, value in losses.items()})
