"""Where all features of a state are 0, so is the variance of its noise, and the root of that has no gradient.

Expected: gradient nan
"""
import torch

from proof import prove


def spread(log_std, latent):
    variance = torch.mm(latent**2, torch.exp(log_std) ** 2)
    return torch.sqrt(variance)  # hazard


prove(
    spread,
    edge=[(torch.tensor([[0.0], [-1.0]]), torch.tensor([[0.0, 0.0]]))],
    ordinary=[(torch.tensor([[0.0], [-1.0]]), torch.tensor([[1.0, 2.0]]))],
)
