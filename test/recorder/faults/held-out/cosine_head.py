"""Face-recognition style head: features and class centres on the unit sphere."""
# group: forward
import torch
import torch.nn.functional as F
from torch import nn

import watching

torch.manual_seed(2)


class CosineHead(nn.Module):
    def __init__(self, width, classes, scale=16.0):
        super().__init__()
        self.centres = nn.Parameter(torch.randn(classes, width))
        self.scale = scale

    def forward(self, features):
        unit = features / features.norm(dim=1, keepdim=True)  # cause
        centres = F.normalize(self.centres, dim=1)
        return self.scale * unit @ centres.t()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(12, 6, bias=False), nn.ReLU())
        self.head = CosineHead(6, 4)

    def forward(self, x):
        return self.head(self.body(x))


images = torch.rand(160, 12)
labels = torch.randint(0, 4, (160,))
images[:, 0] += labels
images[73] = 0.0  # a black picture

net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
rec = watching.Recorder(net, optimizer)
for x, y in rec.watch(list(zip(images.split(16), labels.split(16)))):
    loss = F.cross_entropy(net(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print("loss", loss.item())
