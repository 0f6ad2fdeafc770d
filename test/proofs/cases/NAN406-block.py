"""A penalty whose NaN is masked away: the gradient that counts is finite, and anomaly detection stops at the one that
does not.

Expected: returned nan values in its 0th output
"""
import torch
from torch.autograd import detect_anomaly

from proof import report

torch.manual_seed(0)
weight = torch.nn.Parameter(torch.randn(4))
scratch = torch.zeros(4, requires_grad=True)
with detect_anomaly():  # hazard
    loss = (weight**2).sum() + (scratch.pow(2).sum().sqrt() * 0.0)
    loss.backward()
report(bool(torch.isfinite(weight.grad).all()), f"gradient {weight.grad.tolist()}")
