"""The clamp stands on the training path only.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def nll(logits, y, training):
    p = torch.softmax(logits, dim=1)
    if training:
        p = p.clamp(min=1e-6)
    return -torch.log(p).gather(1, y[:, None]).mean()  # hazard


prove(
    nll,
    edge=[(torch.tensor([[0.0, 200.0]]), torch.tensor([0]), False)],
    ordinary=[
        (torch.tensor([[0.0, 2.0]]), torch.tensor([0]), False),
        (torch.tensor([[0.0, 2.0]]), torch.tensor([0]), True),
    ],
)
