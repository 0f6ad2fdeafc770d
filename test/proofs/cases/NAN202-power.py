"""The gamma of sRGB at black, which is not selected there.

Expected: value finite, gradient nan
"""
import torch

from proof import prove


def to_srgb(linear):
    return torch.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)  # hazard


prove(
    to_srgb,
    edge=[(torch.tensor([0.0, 0.5]),)],
    ordinary=[(torch.tensor([0.001, 0.5]),)],
)
