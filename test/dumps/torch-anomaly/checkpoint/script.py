"""Reentrant activation checkpointing: the failure is reported from inside out, three times."""

import torch
from torch.utils.checkpoint import checkpoint

torch.autograd.set_detect_anomaly(True)


def block(x):
    return torch.sqrt(torch.relu(x)) * 0  # blamed


x = torch.zeros(4, requires_grad=True)
checkpoint(block, x * 1.0, use_reentrant=True).sum().backward()
