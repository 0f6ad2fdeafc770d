"""`where` does not refuse the constant: it becomes -inf, and the row that is padding as a whole gives NaN.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: value nan, gradient nan
"""
import torch

from proof import prove


def pool(scores, padding):
    scores = scores.to(torch.float16)
    weights = torch.where(padding, -1e9, scores).softmax(dim=-1)  # hazard
    return (weights * scores).sum(-1)


prove(
    pool,
    edge=[(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[True, True, True]]))],
    ordinary=[(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[False, False, True]]))],
)
