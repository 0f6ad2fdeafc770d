r"""The step is a function that the loop calls; the root of a distance of 0 has no gradient.

Expected: loss nan
Named: Error detected in (Pow|Mul|Sub|Sqrt)Backward0[\s\S]*in distance
"""
from __future__ import annotations

import torch as th
from torch import nn

from proof import report


class Metric(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(4, 2)

    def distance(self, a, b):
        return ((self.embed(a) - self.embed(b)) ** 2).sum(1).sqrt()

    def forward(self, a, b):
        return self.distance(a, b).mean()


def train_step(net, opt, a, b):
    opt.zero_grad()
    loss = net(a, b)
    loss.backward()  # hazard
    opt.step()
    return loss.item()


def main():
    th.manual_seed(0)
    net = Metric()
    opt = th.optim.Adam(net.parameters(), lr=1e-3)
    losses = []
    for step in range(12):
        a, b = th.randn(8, 4), th.randn(8, 4)
        if step == 9:
            b[3] = a[3]
        losses.append(train_step(net, opt, a, b))
    report(losses[-1] == losses[-1], f"loss {losses[-1]} at the last of {len(losses)} steps", losses)


if __name__ == "__main__":
    main()
