"""Distillation with F.kl_div, whose first argument is a logarithm of probabilities."""
# group: library
import torch
import torch.nn.functional as F
from torch import nn

import watching

torch.manual_seed(103)
teacher = nn.Linear(8, 6)
student = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 6))
optimizer = torch.optim.SGD(student.parameters(), lr=0.02)


def distillation_loss(student_logits, teacher_logits, temperature):
    soft = F.softmax(teacher_logits / temperature, dim=-1)
    log_probabilities = torch.log(F.softmax(student_logits / temperature, dim=-1))  # cause
    return F.kl_div(log_probabilities, soft, reduction="batchmean") * temperature**2


rec = watching.Recorder(student, optimizer)
for epoch in range(3):
    for x in rec.watch(4.2 * torch.randn(20, 16, 8)):
        with torch.no_grad():
            target = teacher(x)
        loss = distillation_loss(student(x), target, temperature=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
