"""float16 scores are filled in a call: PyTorch refuses a constant that the dtype cannot hold, in the middle of the run.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: cannot be converted to type c10::Half without overflow
"""
import torch

from proof import prove


def pool(scores, padding):
    scores = scores.half()
    weights = scores.masked_fill(padding, -1e9).softmax(dim=-1)  # hazard
    return (weights * scores).sum(-1)


prove(
    pool,
    edge=[(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[True, True, True]]))],
    ordinary=[(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[False, False, True]]))],
)
