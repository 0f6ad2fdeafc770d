"""A generator and a discriminator; the discriminator's loss divides by a spread that is 0 where all scores agree."""
import torch
from torch import nn

torch.manual_seed(1)
generator = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 4))
discriminator = nn.Sequential(nn.Linear(4, 8), nn.LeakyReLU(), nn.Linear(8, 1))
optimizer_g = torch.optim.Adam(generator.parameters(), lr=1e-3)
optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=1e-3)
real = torch.randn(20, 16, 4)
real[7] = 1.0


def normalised(scores):
    return (scores - scores.mean()) / scores.var().sqrt()  # blamed


for step, batch in enumerate(real):
    fake = generator(torch.randn(len(batch), 3))
    optimizer_d.zero_grad()
    loss_d = normalised(discriminator(batch)).square().mean() + discriminator(fake.detach()).square().mean()
    loss_d.backward()
    optimizer_d.step()
    optimizer_g.zero_grad()
    loss_g = (discriminator(fake) - 1).square().mean()
    loss_g.backward()
    optimizer_g.step()
