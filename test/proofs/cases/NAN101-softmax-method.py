"""Label-smoothed loss with the method of a method.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def label_smoothed_nll(hidden, labels, smoothing=0.1):
    scores = hidden.softmax(-1).log()  # hazard
    nll = -scores.gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    return ((1 - smoothing) * nll - smoothing * scores.mean(-1)).mean()


prove(
    label_smoothed_nll,
    edge=[(torch.tensor([[0.0, 150.0, 3.0]]), torch.tensor([1]))],
    ordinary=[(torch.tensor([[0.0, 1.5, 3.0], [2.0, 0.1, -3.0]]), torch.tensor([1, 2]))],
)
