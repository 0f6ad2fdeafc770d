"""The epsilon is added to the logarithm instead of its operand.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def nll(logits, y):
    p = torch.softmax(logits, dim=1)
    return -(torch.log(p) + 1e-8).gather(1, y[:, None]).mean()  # hazard


prove(
    nll,
    edge=[(torch.tensor([[0.0, 200.0]]), torch.tensor([0]))],
    ordinary=[(torch.tensor([[0.0, 2.0]]), torch.tensor([0]))],
)
