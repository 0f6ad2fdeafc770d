"""Distillation: softmax by its functional alias, over a quotient, with the dimension as a keyword.

Expected: value inf, gradient nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def distillation(student, teacher, temperature=0.5):
    target = F.softmax(teacher / temperature, dim=1)
    log_student = F.softmax(student / temperature, dim=1).log()  # hazard
    return -(target * log_student).sum(1).mean() * temperature**2


prove(
    distillation,
    edge=[(torch.tensor([[60.0, -10.0]]), torch.tensor([[0.0, 1.0]]))],
    ordinary=[(torch.tensor([[0.6, -1.0]]), torch.tensor([[0.0, 1.0]]))],
)
