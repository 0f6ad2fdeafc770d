"""Aligning points with themselves: the singular values of the cross-covariance are equal, the gradient is NaN.

Fix: none, what to do depends on what the vectors are for
Expected: value finite, gradient nan
"""
import torch

from proof import prove


def alignment_loss(source, target):
    u, s, v = torch.svd(source.transpose(-1, -2) @ target)  # hazard
    return ((source @ u @ v.transpose(-1, -2) - target) ** 2).mean()


prove(alignment_loss, edge=[(torch.eye(3), torch.eye(3))], ordinary=[])
