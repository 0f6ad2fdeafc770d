"""Assigned to elements, the constant becomes -inf in silence; log_softmax of a row without any allowed action is NaN.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: value nan
"""
import torch

from proof import prove


def policy(logits, forbidden):
    logits = logits.half()
    logits[forbidden] = -1e10  # hazard
    return logits.softmax(dim=-1)


prove(
    policy,
    edge=[(torch.tensor([[1.0, 2.0]]), torch.tensor([[True, True]]))],
    ordinary=[(torch.tensor([[1.0, 2.0, 0.5]]), torch.tensor([[False, False, True]]))],
)
