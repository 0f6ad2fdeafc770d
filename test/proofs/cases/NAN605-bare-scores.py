r"""The scores of a layer, which nobody has normalised.

Expected: -?\d\.\d+ where the divergence is 0\.\d+
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from proof import report

head = nn.Linear(3, 3, bias=False)
nn.init.eye_(head.weight)


def divergence(student, teacher):
    return F.kl_div(head(student), F.softmax(teacher, dim=1), reduction="batchmean")  # hazard


logits = torch.tensor([[2.0, -1.0, 0.5], [0.0, 0.3, -0.2]])
other = torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.0, 1.0]])
p, q = torch.softmax(logits, 1), torch.softmax(other, 1)
wanted = (q * (q.log() - p.log())).sum(1).mean().item()
seen = divergence(logits, other).item()
report(abs(seen - wanted) < 1e-5, f"{seen:.4f} where the divergence is {wanted:.4f}")
