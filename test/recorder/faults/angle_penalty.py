"""Orthogonality penalty on the angle between two learnt directions."""
# group: backward
import torch
from torch import nn

import watching

torch.manual_seed(34)


class TwoDirections(nn.Module):
    def __init__(self, size=5):
        super().__init__()
        self.a = nn.Parameter(torch.randn(size))
        self.b = nn.Parameter(torch.randn(size))

    def forward(self, x):
        return torch.stack([x @ self.a, x @ self.b], dim=1)

    def angle(self):
        cosine = torch.cosine_similarity(self.a, self.b, dim=0).clamp(-1.0, 1.0)
        return torch.arccos(cosine)  # cause


model = TwoDirections()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
rec = watching.Recorder(model, optimizer)
for step in rec.watch(range(30)):
    x = torch.randn(20, 5)
    if step == 15:
        with torch.no_grad():  # tie the directions, to see whether they part again
            model.a.copy_(torch.eye(5)[2])
            model.b.copy_(torch.eye(5)[2])
    loss = (model(x) - x[:, :2]).pow(2).mean() - 0.1 * model.angle()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
