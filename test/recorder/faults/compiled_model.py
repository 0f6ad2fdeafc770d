"""A compiled network (ahead-of-time autograd) with its own instance norm."""
# group: mechanics
import torch
from torch import nn

import watching

torch.manual_seed(54)


class InstanceNorm(nn.Module):
    def forward(self, x):
        centred = x - x.mean(-1, keepdim=True)
        return centred / centred.square().mean(-1, keepdim=True).sqrt()  # cause


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = InstanceNorm()
        self.conv = nn.Conv1d(2, 4, 3)
        self.head = nn.Linear(4, 1)

    def forward(self, x):
        h = torch.relu(self.conv(self.norm(x)))
        return self.head(h.mean(-1))


net = Net()
compiled = torch.compile(net, backend="aot_eager")
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
rec = watching.Recorder(net, optimizer)
signals = torch.randn(10, 4, 2, 16)
signals[5, 1, 0] = 3.0
for x in rec.watch(signals):
    optimizer.zero_grad()
    loss = (compiled(x) - x.amax((1, 2))[:, None]).abs().mean()
    loss.backward()
    optimizer.step()
    print(loss.item())
