"""Cross-entropy with class weights, one of which is zero."""
# group: library
import torch
from torch import nn

import watching

torch.manual_seed(105)


class Segmenter(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, classes, 1))

    def forward(self, x):
        return self.net(x)


weights = torch.tensor([0.0, 1.0, 2.0])  # the background does not count
model = Segmenter()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
rec = watching.Recorder(model, optimizer)
images = torch.rand(10, 2, 1, 6, 6)
for i, image in enumerate(rec.watch(images)):
    labels = (image[:, 0] * (3 if i != 6 else 0.9)).long()
    loss = nn.functional.cross_entropy(model(image), labels, weight=weights)  # cause
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(loss.item())
