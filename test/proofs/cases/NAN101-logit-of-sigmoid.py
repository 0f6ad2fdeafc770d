"""logit of a sigmoid's output, which is exactly 0 or 1 far out.

Expected: edge 0: value inf, gradient nan; edge 1: value -inf, gradient nan
"""
import torch

from proof import prove


def rescaled(scores, temperature):
    p = torch.sigmoid(scores)
    return (torch.logit(p) / temperature).sum()  # hazard


prove(
    rescaled,
    edge=[(torch.tensor([30.0]), torch.tensor([2.0])), (torch.tensor([-200.0]), torch.tensor([2.0]))],
    ordinary=[(torch.tensor([1.0, -2.0]), torch.tensor([2.0]))],
)
