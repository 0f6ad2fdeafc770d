"""Entropy of causal attention. The masked weights are exactly 0; log_softmax would give 0 * -inf there, which is NaN.

Expected: value nan, gradient nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def attention_entropy(scores):
    length = scores.shape[-1]
    future = torch.ones(length, length, dtype=torch.bool).triu(1)
    attn = F.softmax(scores.masked_fill(future, float("-inf")), dim=-1)
    return -(attn * attn.log()).sum(-1).mean()  # hazard


prove(
    attention_entropy,
    edge=[(torch.tensor([[0.5, 1.0, -1.0], [0.2, 0.1, 3.0], [1.0, 2.0, 3.0]]),)],
    ordinary=[(torch.tensor([[0.7]]),)],
)
