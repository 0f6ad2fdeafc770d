"""At the last timestep the signal-to-noise ratio is 0, and so is the smaller of it and gamma.

Expected: value nan
"""
import torch

from proof import prove


def weights(snr: torch.Tensor, gamma):
    return torch.minimum(snr, gamma) / snr  # hazard


prove(
    lambda snr: weights(snr, torch.tensor(5.0)),
    edge=[(torch.tensor([0.0, 2.0]),)],
    ordinary=[(torch.tensor([0.5, 2.0, 9.0]),)],
)
