"""Learns a colour transform, with a gamma curve at the end of the network."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(19)


class ColourNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.matrix = nn.Linear(3, 3)
        nn.init.eye_(self.matrix.weight)
        nn.init.constant_(self.matrix.bias, 0.05)

    def forward(self, rgb):
        linear = self.matrix(rgb)
        return linear ** (1 / 2.2)  # cause


net = ColourNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.08)
rec = watching.Recorder(net, optimizer)

for step, rgb in enumerate(rec.watch(torch.rand(50, 32, 3) * 0.6 + 0.02)):
    graded = (rgb * torch.tensor([1.0, 0.6, 0.2])).pow(1 / 2.2) * 0.5
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(net(rgb), graded)
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print(step, loss.item())
