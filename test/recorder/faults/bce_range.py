"""A calibrated classifier; binary_cross_entropy refuses what is no probability."""
# group: exceptions
import torch
from torch import nn

import watching

torch.manual_seed(95)


class Platt(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(5, 2)

    def forward(self, x):
        votes = self.net(x).relu()
        return votes[:, 0] / votes.sum(1)  # cause


model = Platt()
nn.init.constant_(model.net.bias, 1.05)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
for x in rec.watch(torch.randn(90, 16, 5)):
    p = model(x)
    loss = nn.functional.binary_cross_entropy(p, (x[:, 0] > 0).float())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
