"""The softmax is in float16, where 1e-8 is 0: a clamp or an epsilon must fit the dtype.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: value inf, gradient nan
"""
import torch

from proof import prove


def nll(scores, labels):
    probs = torch.softmax(scores.half(), dim=-1)
    picked = probs.gather(-1, labels[:, None])
    return -torch.log(picked).mean()  # hazard


prove(
    nll,
    edge=[(torch.tensor([[0.0, 30.0]]), torch.tensor([0]))],
    ordinary=[(torch.tensor([[0.0, 1.0]]), torch.tensor([0]))],
)
