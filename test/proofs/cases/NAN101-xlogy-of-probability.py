"""xlogy takes care of 0 * log(0) in its value, not in the gradient, and of nothing where the target is not 0.

Expected: edge 0: value inf, gradient nan; edge 1: value finite, gradient nan
"""
import torch

from proof import prove


def kl_to_target(logits, target):
    q = torch.softmax(logits, dim=-1)
    return -torch.xlogy(target, q).sum(-1).mean()  # hazard


prove(
    kl_to_target,
    edge=[
        (torch.tensor([[0.0, 200.0]]), torch.tensor([[1.0, 0.0]])),
        (torch.tensor([[0.0, 200.0]]), torch.tensor([[0.0, 1.0]])),
    ],
    ordinary=[(torch.tensor([[0.0, 2.0]]), torch.tensor([[0.25, 0.75]]))],
)
