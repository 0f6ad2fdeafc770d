"""Semi-supervised training with a teacher that is a moving average of the student."""
# group: mechanics
import copy

import torch
import torch.nn.functional as F
from torch import nn

import watching

torch.manual_seed(63)
student = nn.Sequential(nn.Linear(6, 24), nn.BatchNorm1d(24), nn.ReLU(), nn.Linear(24, 3))
teacher = copy.deepcopy(student).requires_grad_(False)
optimizer = torch.optim.SGD(student.parameters(), lr=1.5, momentum=0.9)
rec = watching.Recorder(student, optimizer)


@torch.no_grad()
def update_teacher(decay):
    for ours, theirs in zip(teacher.parameters(), student.parameters()):
        ours.mul_(decay).add_(theirs, alpha=1 - decay)
    for ours, theirs in zip(teacher.buffers(), student.buffers()):
        ours.copy_(theirs)


def consistency(student_logits, teacher_logits):
    p = teacher_logits.softmax(1)
    cross = -(p * student_logits.softmax(1).log()).sum(1)  # cause
    return cross.mean()


for step in rec.watch(range(60)):
    x = torch.randn(20, 6)
    y = (x[:, 0] > 0).long() + (x[:, 1] > 0.5).long()
    logits = student(x)
    with torch.no_grad():
        target = teacher(x + 0.1 * torch.randn_like(x))
    loss = F.cross_entropy(logits, y) + 0.5 * consistency(3 * logits, target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    update_teacher(0.9)
