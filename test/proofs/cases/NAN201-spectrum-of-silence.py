"""The magnitude of a spectrum: silence.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def magnitude(real, imag):
    return torch.sqrt(real**2 + imag**2)  # hazard


prove(
    magnitude,
    edge=[(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0]))],
    ordinary=[(torch.tensor([3.0, 1.0]), torch.tensor([4.0, 1.0]))],
)
