"""Bits, not nats: log_softmax is in another base.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def entropy_in_bits(logits):
    p = torch.softmax(logits, dim=-1)
    return -(p * torch.log2(p)).sum(-1)  # hazard


prove(entropy_in_bits, edge=[(torch.tensor([[0.0, 200.0]]),)], ordinary=[(torch.tensor([[0.0, 2.0]]),)])
