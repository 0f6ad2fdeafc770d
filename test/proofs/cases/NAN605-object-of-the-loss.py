r"""A method and an object of the loss.

Expected: -\d\.\d+ where the divergence is 0\.\d+
"""
import torch
from torch import nn

from proof import report

criterion = nn.KLDivLoss(reduction="batchmean")


def divergence(student, teacher):
    a = student.softmax(dim=1)
    return criterion(a, teacher.softmax(dim=1))  # hazard


logits = torch.tensor([[2.0, -1.0, 0.5], [0.0, 0.3, -0.2]])
other = torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.0, 1.0]])
p, q = torch.softmax(logits, 1), torch.softmax(other, 1)
wanted = (q * (q.log() - p.log())).sum(1).mean().item()
seen = divergence(logits, other).item()
report(abs(seen - wanted) < 1e-5, f"{seen:.4f} where the divergence is {wanted:.4f}")
