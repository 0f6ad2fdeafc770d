"""Cross-entropy with weights from the class counts of each batch."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(3)
CLASSES = 5


def balanced_loss(logits, labels):
    counts = torch.bincount(labels, minlength=CLASSES).float()
    weight = counts.sum() / (CLASSES * counts)  # cause
    one_hot = nn.functional.one_hot(labels, CLASSES).float()
    per_class = (one_hot * torch.log_softmax(logits, dim=1)).sum(0)
    return -(weight * per_class).sum() / len(labels)


points = torch.randn(480, 7)
labels = torch.randint(0, CLASSES, (480,))
labels[:CLASSES] = torch.arange(CLASSES)
model = nn.Sequential(nn.Linear(7, 24), nn.Tanh(), nn.Linear(24, CLASSES))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
rec = watching.Recorder(model, optimizer)

for epoch in range(2):
    for x, y in rec.watch(zip(points.split(20), labels.split(20))):
        optimizer.zero_grad()
        loss = balanced_loss(model(x), y)
        loss.backward()
        optimizer.step()
