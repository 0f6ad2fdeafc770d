"""A function of the same file returns the probabilities.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def predict_proba(scores):
    """Class probabilities of shape (batch, classes)."""
    return torch.softmax(scores, dim=1)


def nll(scores, y):
    p = predict_proba(scores)
    return -(torch.log(p) * y).sum(1).mean()  # hazard


prove(
    nll,
    edge=[(torch.tensor([[0.0, 200.0]]), torch.tensor([[0.0, 1.0]]))],
    ordinary=[(torch.tensor([[0.0, 2.0]]), torch.tensor([[0.5, 0.5]]))],
)
