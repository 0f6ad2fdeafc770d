"""One expression; the loss reads only the first class.

Expected: value nan
"""
import torch

from proof import prove


def pool(logits, padding_mask):
    return -logits.masked_fill(padding_mask, -torch.inf).log_softmax(dim=-1)[:, 0]  # hazard


prove(
    pool,
    edge=[(torch.tensor([[1.0, 2.0, 3.0], [0.5, 0.1, 0.2]]), torch.tensor([[False, False, True], [True, True, True]]))],
    ordinary=[(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[False, False, True]]))],
)
