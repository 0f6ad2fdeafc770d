"""A function of the file encodes the labels.

Expected: RuntimeError: Expected floating point type for target with class probabilities, got Long
"""
import torch
import torch.nn.functional as F

from proof import report

NUM_CLASSES = 3


def encode(y):
    return F.one_hot(y, NUM_CLASSES)


logits, y = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([2])
loss = F.cross_entropy(logits, encode(y))  # hazard
report(abs(loss.item() - 0.4076059) < 1e-5, f"loss {loss.item()}")
