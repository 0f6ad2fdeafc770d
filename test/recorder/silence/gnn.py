"""A graph attention network by scatter, with isolated nodes."""
import torch
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(16)


class GraphAttention(nn.Module):
    def __init__(self, width_in, width_out):
        super().__init__()
        self.project = nn.Linear(width_in, width_out)
        self.score = nn.Linear(2 * width_out, 1)

    def forward(self, x, source, target):
        h = self.project(x)
        score = nn.functional.leaky_relu(self.score(torch.cat([h[source], h[target]], 1)).squeeze(1), 0.2)
        highest = torch.full((len(x),), float("-inf")).scatter_reduce(0, target, score, "amax")
        weight = (score - highest[target]).exp()
        total = torch.zeros(len(x)).index_add(0, target, weight)
        share = weight / total[target]
        return torch.zeros_like(h).index_add(0, target, share[:, None] * h[source])


class Gat(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = GraphAttention(5, 12), GraphAttention(12, 3)

    def forward(self, x, edges):
        return self.second(torch.relu(self.first(x, *edges)), *edges)


model = Gat()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
rec = watching.Recorder(model, optimizer)
losses = []
for _ in rec.watch(range(50)):
    x, edges = torch.randn(20, 5), torch.randint(0, 20, (2, 45))
    loss = nn.functional.cross_entropy(model(x, edges), (x[:, 0] > 0).long())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
report(model, losses)
