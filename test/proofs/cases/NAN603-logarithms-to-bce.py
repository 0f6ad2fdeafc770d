"""Logarithms of probabilities are negative.

Expected: RuntimeError: all elements of input should be between 0 and 1
"""
import torch
import torch.nn.functional as F

from proof import report

scores, y = torch.tensor([2.0, -1.0]), torch.tensor([1.0, 0.0])
loss = F.binary_cross_entropy(F.logsigmoid(scores), y)  # hazard
wanted = F.binary_cross_entropy_with_logits(scores, y)
report(abs(loss - wanted) < 1e-6, f"loss {loss}")
