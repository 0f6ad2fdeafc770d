"""An additive mask made by an infinity.

Expected: value nan, gradient .*
"""
import torch

from proof import prove


def additive(attention_mask):
    return torch.exp((1.0 - attention_mask) * float("-inf"))  # hazard


prove(
    additive,
    edge=[(torch.tensor([1.0, 1.0]),)],
    ordinary=[(torch.tensor([], dtype=torch.float32),)],
)
