"""A clamp whose result is thrown away.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def nll(logits, y):
    p = torch.softmax(logits, dim=1)
    p.clamp(min=1e-6)
    return -torch.log(p).gather(1, y[:, None]).mean()  # hazard


prove(
    nll,
    edge=[(torch.tensor([[0.0, 200.0]]), torch.tensor([0]))],
    ordinary=[(torch.tensor([[0.0, 2.0]]), torch.tensor([0]))],
)
