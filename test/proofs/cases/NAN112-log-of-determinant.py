"""The determinant of a small multiple of the unit matrix is no float32, its logarithm is one.

Expected: value -inf, gradient (nan|inf)
"""
import torch

from proof import prove


def volume(weight):
    return torch.log(torch.abs(torch.det(weight)))  # hazard


prove(volume, edge=[(0.01 * torch.eye(40),)], ordinary=[(torch.tensor([[2.0, 0.5], [0.5, 1.0]]),)])
