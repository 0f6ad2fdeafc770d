"""As in attention, but the mask is laid on in a statement of its own, in place.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def pointer_entropy(scores, lengths):
    padding = torch.arange(scores.shape[1])[None, :] >= lengths[:, None]
    scores.masked_fill_(padding, float("-inf"))
    weights = scores.softmax(dim=-1)
    return -(weights * weights.log()).sum(dim=-1).mean()  # hazard


prove(
    pointer_entropy,
    edge=[(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([2]))],
    ordinary=[(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([3]))],
)
