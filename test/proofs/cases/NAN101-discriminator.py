"""A discriminator that ends in nn.Sigmoid, and the two logarithms of the original GAN loss.

Expected: value inf, gradient nan
"""
import torch
import torch.nn as nn

from proof import prove

discriminator = nn.Sequential(nn.Flatten(), nn.Sigmoid())


def loss_d(real, fake):
    return -(torch.log(discriminator(real)) + torch.log(1.0 - discriminator(fake))).mean()  # hazard: 2


prove(
    loss_d,
    edge=[(torch.tensor([[-200.0]]), torch.tensor([[30.0]]))],
    ordinary=[(torch.tensor([[2.0]]), torch.tensor([[-1.0]]))],
)
