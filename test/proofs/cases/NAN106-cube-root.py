"""The cube root of a value of either sign.

Expected: value nan
"""
import torch

from proof import prove


def cube_root(features):
    x = torch.tanh(features)
    y = x ** (1 / 3)  # hazard
    return y


prove(cube_root, edge=[(torch.tensor([-0.5, 0.0, 2.0]),)], ordinary=[(torch.tensor([0.5, 1.5]),)])
