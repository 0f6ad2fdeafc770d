"""A GAN on a line, with the original saturating losses written out and one optimizer for each side."""
# group: mechanics
import torch
from torch import nn

import watching

torch.manual_seed(57)
generator = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
discriminator = nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())
optimizer_g = torch.optim.Adam(generator.parameters(), lr=1e-4)
optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=2e-2)


def discriminator_loss(real, fake):
    return -(torch.log(discriminator(real) + 1e-8) + torch.log(1 - discriminator(fake) + 1e-6)).mean()


def generator_loss(fake):
    return torch.log(1 - discriminator(fake)).mean() - torch.log(discriminator(fake)).mean()  # cause


rec = watching.Recorder([generator, discriminator], [optimizer_g, optimizer_d])
for step in rec.watch(range(120)):
    real = torch.randn(32, 1)
    fake = 300 * generator(torch.randn(32, 4))

    optimizer_d.zero_grad()
    loss_d = discriminator_loss(real, fake.detach())
    loss_d.backward()
    optimizer_d.step()

    optimizer_g.zero_grad()
    loss_g = generator_loss(fake)
    loss_g.backward()
    optimizer_g.step()
    if step % 20 == 0:
        print(step, loss_d.item(), loss_g.item())
