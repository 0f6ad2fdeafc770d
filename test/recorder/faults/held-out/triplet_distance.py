"""Metric learning with a triplet loss on Euclidean distances."""
# group: backward
import torch
from torch import nn

import watching

torch.manual_seed(30)


def distance(a, b):
    return ((a - b) ** 2).sum(dim=1).sqrt()  # cause


def triplet(anchor, positive, negative, margin=1.0):
    return (distance(anchor, positive) - distance(anchor, negative) + margin).clamp(min=0).mean()


net = nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 8))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
rec = watching.Recorder(net, optimizer)


def sample(step):
    anchor = torch.randn(16, 6)
    positive = anchor + 0.2 * torch.randn(16, 6)
    if step == 9:
        positive[4] = anchor[4]  # the only picture of its person
    return anchor, positive, torch.randn(16, 6)


for anchor, positive, negative in rec.watch(map(sample, range(14))):
    optimizer.zero_grad()
    loss = triplet(net(anchor), net(positive), net(negative))
    loss.backward()
    optimizer.step()
    print(f"triplet loss {loss.item():.4f}")
