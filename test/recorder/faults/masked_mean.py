"""Pools the hits of a detector layer; some events have none."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(23)


class EventNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(3, 16)
        self.out = nn.Linear(16, 1)

    def forward(self, hits, valid):
        h = torch.relu(self.embed(hits))
        pooled = [event[keep].mean(0) for event, keep in zip(h, valid)]  # cause
        return self.out(torch.stack(pooled)).squeeze(-1)


net = EventNet()
optimizer = torch.optim.NAdam(net.parameters(), lr=2e-3)
rec = watching.Recorder(net, optimizer)


def events(n):
    for i in range(n):
        valid = torch.rand(8, 10) < 0.6
        valid[:, 0] = True
        if i == 4:
            valid[6] = False
        yield torch.randn(8, 10, 3), valid


for hits, valid in rec.watch(events(8)):
    energy = valid.sum(1).float()
    loss = nn.functional.huber_loss(net(hits, valid), energy)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print("huber", loss.item())
