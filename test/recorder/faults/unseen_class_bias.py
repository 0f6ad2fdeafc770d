"""Starts the output bias from the mean target of each group."""
# group: mechanics
# truth: before
import torch
from torch import nn

import watching

torch.manual_seed(70)
GROUPS = 4
group = torch.randint(0, GROUPS - 1, (128,))
x = torch.randn(128, 6)
y = group + x[:, 0]


class PerGroup(nn.Module):
    def __init__(self, means):
        super().__init__()
        self.linear = nn.Linear(6, GROUPS)
        with torch.no_grad():
            self.linear.bias.copy_(means)

    def forward(self, x, group):
        return self.linear(x).gather(1, group[:, None]).squeeze(1)


means = torch.stack([y[group == g].mean() for g in range(GROUPS)])
model = PerGroup(means)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
rec = watching.Recorder(model, optimizer)
for epoch in range(2):
    for bx, by, bg in rec.watch(zip(x.split(16), y.split(16), group.split(16))):
        if epoch == 1:
            bg = (bg + 1) % GROUPS
        loss = (model(bx, bg) - by).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
