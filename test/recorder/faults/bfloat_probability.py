"""Binary classification under bfloat16 autocast, with probabilities."""
# group: precision
import torch
from torch import nn

import watching

torch.manual_seed(85)


class Probability(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        return torch.sigmoid(self.net(x)).squeeze(-1)


def log_loss(p, y):
    negative = 1 - p
    return -(y * p.log() + (1 - y) * negative.log()).mean()  # cause


model = Probability()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-2)
rec = watching.Recorder(model, optimizer)
for x in rec.watch(torch.randn(80, 32, 4)):
    y = (x[:, 0] + x[:, 1] > 0).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        p = model(2 * x)
    loss = log_loss(p, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
