"""A gate with batch norm whose temperature falls with every training step, kept in a buffer."""
# group: mechanics
import torch
from torch import nn

import watching

torch.manual_seed(52)


class AnnealedGate(nn.Module):
    def __init__(self, width, start=1.0, by=0.125):
        super().__init__()
        self.norm = nn.BatchNorm1d(width)
        self.by = by
        self.register_buffer("temperature", torch.tensor(start))

    def forward(self, x):
        if self.training:
            self.temperature -= self.by
        return torch.sigmoid(self.norm(x) / self.temperature)  # cause


class GatedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = AnnealedGate(6)
        self.out = nn.Linear(6, 2)

    def forward(self, x):
        return self.out(x * self.gate(x))


net = GatedNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)
rec = watching.Recorder(net, optimizer)
net.train()
for x in rec.watch(torch.randn(12, 20, 6)):
    loss = nn.functional.cross_entropy(net(x), (x[:, 0] > 0).long())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
