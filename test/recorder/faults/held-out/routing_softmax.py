"""Mixture of experts whose router has its own softmax."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(5)


class Router(nn.Module):
    def __init__(self, width, experts):
        super().__init__()
        self.project = nn.Linear(width, experts)
        self.temperature = nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        logits = self.project(x) / self.temperature
        weights = logits.exp()  # cause
        return weights / weights.sum(-1, keepdim=True)


class Mixture(nn.Module):
    def __init__(self, width=6, experts=3):
        super().__init__()
        self.router = Router(width, experts)
        self.experts = nn.ModuleList(nn.Linear(width, 1) for _ in range(experts))

    def forward(self, x):
        gates = self.router(x)
        outputs = torch.cat([expert(x) for expert in self.experts], dim=-1)
        return (gates * outputs).sum(-1)


model = Mixture()
optimizer = torch.optim.SGD(model.parameters(), lr=0.8, momentum=0.9)
rec = watching.Recorder(model, optimizer)
truth = torch.randn(6)


def stream():
    for _ in range(60):
        x = torch.randn(16, 6) * 4
        yield x, (x @ truth).abs()


for i, (x, y) in enumerate(rec.watch(stream())):
    optimizer.zero_grad()
    loss = ((model(x) - y) ** 2).mean()
    loss.backward()
    optimizer.step()
    if i % 10 == 0:
        print(i, loss.item())
