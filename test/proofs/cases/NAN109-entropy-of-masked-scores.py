"""0 times the -inf of a masked score.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def entropy(logits, mask):
    logits = logits.masked_fill(~mask, float("-inf"))
    probs = torch.softmax(logits, dim=-1)
    log_probs = torch.log_softmax(logits, dim=-1)
    return -(probs * log_probs).sum(dim=-1)  # hazard


prove(
    entropy,
    edge=[(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([True, True, False]))],
    ordinary=[(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([True, True, True]))],
)
