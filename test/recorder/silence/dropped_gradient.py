"""A masked logarithm over a ReLU: its NaN gradient is dropped by the ReLU before it reaches a parameter."""
import torch
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(31)


class Positive(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1), nn.ReLU())

    def forward(self, x):
        return self.net(x).squeeze(-1)


def log_error(prediction, target):
    valid = prediction > 0
    error = torch.where(valid, (prediction.log() - target.log()) ** 2, torch.zeros(()))
    return error.sum() / valid.sum().clamp(min=1)


model = Positive()
nn.init.constant_(model.net[2].bias, 0.3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
rec = watching.Recorder(model, optimizer)
losses, dropped = [], 0
for x in rec.watch(torch.randn(60, 32, 4)):
    prediction = model(x)
    dropped += int((prediction == 0).sum())
    loss = log_error(prediction, (x.sum(1) * 0.3).exp())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
assert dropped > 0
report(model, losses)
