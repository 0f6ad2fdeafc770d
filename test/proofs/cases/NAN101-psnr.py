"""Decibels of a mean squared error that is 0 for equal images.

Expected: value inf, gradient nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def psnr(prediction, target):
    mse = F.mse_loss(prediction, target)
    return -10 * torch.log10(mse)  # hazard


prove(
    psnr,
    edge=[(torch.tensor([0.5, 0.5]), torch.tensor([0.5, 0.5]))],
    ordinary=[(torch.tensor([0.5, 0.5]), torch.tensor([1.0, 0.25]))],
)
