"""Soft-target cross-entropy: the logarithm of torch.softmax as written, of which one entry underflows to 0.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def soft_cross_entropy(logits, targets):
    log_probs = torch.log(torch.softmax(logits, dim=-1))  # hazard
    return -(targets * log_probs).sum(dim=-1).mean()


prove(
    soft_cross_entropy,
    edge=[(torch.tensor([[0.0, 200.0], [1.0, 2.0]]), torch.tensor([[0.0, 1.0], [0.5, 0.5]]))],
    ordinary=[(torch.tensor([[0.3, -1.2], [1.0, 2.0]]), torch.tensor([[0.25, 0.75], [0.5, 0.5]]))],
)
