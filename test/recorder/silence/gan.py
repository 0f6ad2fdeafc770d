"""A convolutional GAN with spectral norm and two optimizers."""
import torch
import torch.nn.functional as F
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(14)
generator = nn.Sequential(
    nn.Linear(6, 32), nn.Unflatten(1, (8, 2, 2)), nn.ConvTranspose2d(8, 8, 4, 2, 1), nn.BatchNorm2d(8), nn.ReLU(),
    nn.Conv2d(8, 1, 3, padding=1), nn.Tanh(),
)  # fmt: skip
discriminator = nn.Sequential(
    nn.utils.parametrizations.spectral_norm(nn.Conv2d(1, 8, 3)), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(32, 1)
)
optimizer_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
rec = watching.Recorder([generator, discriminator], [optimizer_g, optimizer_d])
losses = []
for real in rec.watch(torch.rand(50, 8, 1, 4, 4)):
    fake = generator(torch.randn(8, 6))
    optimizer_d.zero_grad()
    right, wrong = discriminator(real), discriminator(fake.detach())
    loss_d = F.binary_cross_entropy_with_logits(right, torch.ones(8, 1)) + F.softplus(wrong).mean()
    loss_d.backward()
    optimizer_d.step()
    optimizer_g.zero_grad()
    loss_g = F.softplus(-discriminator(fake)).mean()
    loss_g.backward()
    optimizer_g.step()
    losses += [loss_d.item(), loss_g.item()]
report([generator, discriminator], losses)
