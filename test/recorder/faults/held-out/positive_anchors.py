"""Object detection: box regression is averaged over the anchors that hold an object."""
# group: forward
import torch
import torch.nn.functional as F
from torch import nn

import watching

torch.manual_seed(11)


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.shared = nn.Linear(16, 32)
        self.objectness = nn.Linear(32, 1)
        self.boxes = nn.Linear(32, 4)

    def forward(self, x):
        h = F.relu(self.shared(x))
        return self.objectness(h).squeeze(-1), self.boxes(h)


class DetectionLoss:
    def __init__(self, box_weight=2.0):
        self.box_weight = box_weight

    def __call__(self, objectness, boxes, has_object, target):
        classification = F.binary_cross_entropy_with_logits(objectness, has_object.float())
        error = F.l1_loss(boxes, target, reduction="none").sum(-1)
        count = has_object.sum()
        regression = (error * has_object).sum() / count  # cause
        return classification + self.box_weight * regression


def scenes():
    for i in range(15):
        has_object = torch.rand(6, 20) < (0.0 if i == 11 else 0.2)
        yield torch.randn(6, 20, 16), has_object, torch.rand(6, 20, 4)


head = Head()
criterion = DetectionLoss()
optimizer = torch.optim.SGD(head.parameters(), lr=0.01)
rec = watching.Recorder(head, optimizer)
for features, has_object, target in rec.watch(scenes()):
    loss = criterion(*head(features), has_object, target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print("loss", float(loss))
