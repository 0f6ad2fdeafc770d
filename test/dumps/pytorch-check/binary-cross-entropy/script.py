"""A normalised attention map as a probability: one row has no weight at all."""

import torch
from torch.nn import functional as F


def loss_of(scores, target):
    p = scores / scores.sum(-1, keepdim=True)
    return F.binary_cross_entropy(p, target)  # blamed


for it in range(4):
    scores = torch.relu(torch.ones(3, 4) - 0.5 * it)
    print(f"it {it} loss {loss_of(scores, torch.zeros(3, 4)).item():.4f}")
