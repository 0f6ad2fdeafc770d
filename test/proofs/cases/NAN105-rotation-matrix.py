"""asin of a matrix entry that rounding takes over 1.

Expected: edge 0: value nan, gradient nan; edge 1: value finite, gradient inf
"""
import torch

from proof import prove


def middle_angle(matrix):
    return torch.asin(matrix[..., 0, 2]).sum()  # hazard


gimbal = torch.tensor([[[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]])
prove(middle_angle, edge=[(gimbal * 1.0000002,), (gimbal,)], ordinary=[(gimbal * 0.5,)])
