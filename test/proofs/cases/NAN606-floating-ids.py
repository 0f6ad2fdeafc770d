"""Class ids as floating-point numbers are refused.

Expected: RuntimeError: expected (scalar type Long but found Float|target dtype to be Long)
"""
import torch
import torch.nn.functional as F

from proof import report


def distil(student, teacher):
    labels = teacher.argmax(dim=1).float()
    return F.cross_entropy(student, labels)  # hazard


def in_place(student, teacher):
    return F.cross_entropy(student, teacher.argmax(dim=1).float())  # hazard


logits, teacher = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[0.0, 0.0, 1.0]])
loss = distil(logits, teacher) + in_place(logits, teacher)
report(abs(loss.item() - 2 * 0.4076059) < 1e-5, f"loss {loss.item()}")
