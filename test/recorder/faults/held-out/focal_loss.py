"""Trains a detector head with a focal loss written by hand."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(0)


def focal_loss(logits, target, gamma=2.0, alpha=0.25):
    p = torch.sigmoid(logits)
    pt = torch.where(target == 1, p, 1 - p)
    weight = torch.where(target == 1, alpha, 1 - alpha) * (1 - pt) ** gamma
    return (-weight * torch.log(pt)).mean()  # cause


def batches(count):
    for i in range(count):
        x = torch.randn(32, 8)
        y = (x[:, 0] > 0).float()
        if i % 4 == 3:
            x = x * 6
            y[:2] = 1 - y[:2]
        yield x, y


head = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.SGD(head.parameters(), lr=60.0)
rec = watching.Recorder(head, optimizer)

for step, (x, y) in enumerate(rec.watch(batches(40))):
    optimizer.zero_grad()
    loss = focal_loss(head(x).squeeze(1), y)
    loss.backward()
    optimizer.step()
    if step % 5 == 0:
        print(f"step {step} loss {loss.item():.4f}")
