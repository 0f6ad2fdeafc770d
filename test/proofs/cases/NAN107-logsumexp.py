"""The log-partition of an empty row is -inf, and its gradient NaN.

Expected: value -inf
"""
import torch

from proof import prove


def pool(scores, padding_mask):
    masked = scores.masked_fill(padding_mask, float("-inf"))  # hazard
    return torch.logsumexp(masked, dim=-1)


prove(
    pool,
    edge=[(torch.tensor([[1.0, 2.0, 3.0], [0.5, 0.1, 0.2]]), torch.tensor([[False, False, True], [True, True, True]]))],
    ordinary=[(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[False, False, True]]))],
)
