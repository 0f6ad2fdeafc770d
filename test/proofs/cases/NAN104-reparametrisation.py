"""One large output of the encoder makes the scale infinite.

Expected: value (nan|inf)
"""
import torch

from proof import prove


def sample(mu, logvar):
    std = torch.exp(0.5 * logvar)  # hazard
    return mu + std * torch.tensor([0.1, -0.2])


prove(
    sample,
    edge=[(torch.tensor([0.0, 0.0]), torch.tensor([300.0, 0.0]))],
    ordinary=[(torch.tensor([1.0, 2.0]), torch.tensor([0.3, -0.4]))],
)
