r"""Probabilities instead of their logarithms: with every letter right, the loss stays where it is.

Expected: loss -?\d+\.\d+ where log-probabilities give \d+\.\d+
"""
import torch
import torch.nn.functional as F

from proof import report


def loss_of(scores, targets, lengths, target_lengths):
    p = F.softmax(scores, dim=2)
    return F.ctc_loss(p, targets, lengths, target_lengths, zero_infinity=True)  # hazard


torch.manual_seed(0)
scores, targets = 3 * torch.randn(12, 4, 5), torch.randint(1, 5, (4, 3))
lengths, target_lengths = torch.full((4,), 12), torch.full((4,), 3)
wanted = F.ctc_loss(scores.log_softmax(2), targets, lengths, target_lengths, zero_infinity=True).item()
loss = loss_of(scores, targets, lengths, target_lengths).item()
report(abs(loss - wanted) < 1e-4, f"loss {loss:.4f} where log-probabilities give {wanted:.4f}")
