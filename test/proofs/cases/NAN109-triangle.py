"""A causal mask: the zeros of the triangle become NaN.

Expected: value nan, gradient .*
"""
import torch

from proof import prove


def causal(scores):
    bias = torch.triu(torch.ones(2, 2), diagonal=1) * float("-inf")  # hazard
    return torch.softmax(scores + bias, dim=-1)


prove(
    causal,
    edge=[(torch.tensor([[1.0, 2.0], [3.0, 4.0]]),)],
    ordinary=[(torch.zeros(0, 2, 2),)],
)
