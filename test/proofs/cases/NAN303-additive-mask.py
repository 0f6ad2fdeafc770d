"""A mask that is added to the scores. What float16 makes of the product is -inf.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: value nan, gradient nan
"""
import torch

from proof import prove


def attend(scores, lengths):
    scores = scores.half()
    mask = (torch.arange(scores.shape[1])[None, :] < lengths[:, None]).half()
    bias = (1.0 - mask) * -1e9  # hazard
    weights = (scores + bias).softmax(dim=-1)
    return (weights * scores).sum(-1)


prove(
    attend,
    edge=[(torch.tensor([[1.0, 2.0, -30.0]]), torch.tensor([0]))],
    ordinary=[(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([2]))],
)
