"""The logarithm of a mean of softmaxes: log_softmax of the mean, or the mean of log_softmaxes, is another number.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def ensemble_nll(logits, y):
    mean_probs = torch.softmax(logits, dim=-1).mean(dim=0)
    return -torch.log(mean_probs)[torch.arange(len(y)), y].mean()  # hazard


prove(
    ensemble_nll,
    edge=[(torch.tensor([[[0.0, 200.0]], [[0.0, 300.0]]]), torch.tensor([0]))],
    ordinary=[(torch.tensor([[[0.0, 2.0]], [[1.0, -1.0]]]), torch.tensor([0]))],
)
