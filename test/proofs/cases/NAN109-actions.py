"""Actions taken out by an infinity: 0 times it is NaN for all the others.

Expected: value nan, gradient (finite|nan)
"""
import numpy as np
import torch

from proof import prove


def masked_values(q_values, ratio):
    mask = (ratio < 0.3).float()
    return q_values - np.inf * mask  # hazard


prove(
    masked_values,
    edge=[(torch.tensor([1.0, 2.0]), torch.tensor([0.5, 0.9]))],
    ordinary=[(torch.tensor([1.0, 2.0]), torch.tensor([0.1, 0.2]))],
)
