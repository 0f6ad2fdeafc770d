"""Regression in log space; readings of zero are left out with torch.where."""
# group: backward
import torch
from torch import nn

import watching

torch.manual_seed(31)


class LogReader(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


def log_error(prediction, target):
    valid = (prediction > 0) & (target > 0)
    error = torch.where(valid, (prediction.log() - target.clamp(min=1e-6).log()) ** 2, torch.zeros(()))  # cause
    return error.sum() / valid.sum().clamp(min=1)


model = LogReader()
nn.init.constant_(model.net[2].bias, 2.0)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
rec = watching.Recorder(model, optimizer)
for x in rec.watch(torch.randn(60, 32, 4)):
    target = (x.sum(1) * 0.3).exp() * 0.05
    loss = log_error(model(x), target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
