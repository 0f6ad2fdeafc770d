"""The loop of the detection references: stop where the loss is not finite."""
# group: exceptions
import math
import sys

import torch
from torch import nn

import watching

torch.manual_seed(93)


def box_iou(a, b):
    low = torch.max(a[:, :2], b[:, :2])
    high = torch.min(a[:, 2:], b[:, 2:])
    overlap = (high - low).clamp(min=0).prod(1)
    area_a = (a[:, 2:] - a[:, :2]).prod(1)
    area_b = (b[:, 2:] - b[:, :2]).prod(1)
    return overlap / (area_a + area_b - overlap)  # cause


class BoxHead(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(8, 4)

    def forward(self, x):
        corner, size = self.net(x).chunk(2, dim=1)
        return torch.cat([corner, corner + size.relu()], dim=1)


def train_one_epoch(model, optimizer, loader, rec):
    for features, boxes in rec.watch(loader):
        loss = (1 - box_iou(model(features), boxes)).mean()
        loss_value = loss.item()
        if not math.isfinite(loss_value):
            print(f"Loss is {loss_value}, stopping training")
            sys.exit(1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


features = torch.randn(160, 8)
boxes = torch.rand(160, 4)
boxes[:, 2:] += boxes[:, :2]
boxes[100, 2:] = boxes[100, :2]
features[100] = 0.0
model = BoxHead()
with torch.no_grad():
    model.net.bias[2:] = torch.tensor([-0.1, -0.1])
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
train_one_epoch(model, optimizer, list(zip(features.split(16), boxes.split(16))), watching.Recorder(model, optimizer))
