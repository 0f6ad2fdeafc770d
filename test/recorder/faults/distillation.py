"""Distils a sharp teacher into a student with KL divergence written out."""
# group: forward
import torch
import torch.nn.functional as F
from torch import nn

import watching

torch.manual_seed(6)
TEMPERATURE = 2.0

teacher = nn.Sequential(nn.Linear(10, 40), nn.ReLU(), nn.Linear(40, 5))
student = nn.Linear(10, 5)
with torch.no_grad():
    teacher[2].weight *= 8


def kl(p, q):
    ratio = p / q
    return (p * ratio.log()).sum(-1).mean()  # cause


def make_batches():
    for i in range(14):
        x = torch.randn(24, 10)
        if i >= 9:
            x[3] = x[3] * 40
        yield x


optimizer = torch.optim.Adam(student.parameters(), lr=1e-3)
rec = watching.Recorder([student, teacher], optimizer)
for x in rec.watch(make_batches()):
    with torch.no_grad():
        p = F.softmax(teacher(x) / TEMPERATURE, dim=-1)
    q = F.softmax(student(x) / TEMPERATURE, dim=-1)
    loss = kl(p, q)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
