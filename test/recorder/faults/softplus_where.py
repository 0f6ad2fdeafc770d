"""A density head with its own softplus, linear for large inputs."""
# group: backward
import torch
from torch import nn

import watching

torch.manual_seed(32)


def softplus(x, threshold=20.0):
    return torch.where(x > threshold, x, torch.log1p(torch.exp(x)))  # cause


class Density(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 16)
        self.second = nn.Linear(16, 1)

    def forward(self, points):
        return softplus(self.second(torch.relu(self.first(points))))


model = Density()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
rec = watching.Recorder(model, optimizer)
points = torch.rand(20, 16, 2)
points[13] *= 5000.0  # metres instead of kilometres
with torch.no_grad():
    model.second.weight.abs_()
for batch in rec.watch(points):
    optimizer.zero_grad()
    density = model(batch)
    loss = (1 + density).log().mean()
    loss.backward()
    optimizer.step()
    print(loss.item())
