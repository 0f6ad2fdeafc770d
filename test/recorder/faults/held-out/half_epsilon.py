"""A cosine loss between half-precision features, with an epsilon that half precision does not know."""
# group: precision
import torch
from torch import nn

import watching

torch.manual_seed(82)


def unit(x, eps=1e-8):
    return x / (x.abs().amax(dim=1, keepdim=True) + eps)  # cause


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 12, bias=False), nn.ReLU(), nn.Linear(12, 4, bias=False), nn.ReLU())

    def forward(self, x):
        return self.body(x)


net = Net()
with torch.no_grad():
    net.body[2].weight.abs_()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
rec = watching.Recorder(net, optimizer)
data = torch.randn(30, 12, 6).abs()
data[14, 5] = 0.0
for x in rec.watch(data):
    with torch.autocast("cpu", dtype=torch.float16):
        features = net(x)
        target = x[:, :4].half().sigmoid()
        loss = 1 - (unit(features) * unit(target)).float().sum(1).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
