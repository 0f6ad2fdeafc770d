"""An integer one-hot at the place of use: PyTorch refuses it.

Expected: RuntimeError: Expected floating point type for target with class probabilities, got Long
"""
import torch
import torch.nn.functional as F

from proof import report


def loss_of(logits, labels):
    return F.cross_entropy(logits, F.one_hot(labels, num_classes=3))  # hazard


loss = loss_of(torch.tensor([[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]]), torch.tensor([0, 2]))
report(abs(loss.item() - 2.2558684) < 1e-5, f"loss {loss.item()}")
