r"""The clip stands under a condition of its own, which must move with it.

Expected: loss inf at step \d+, nan at the last
"""
import types

import torch

from proof import train

args = types.SimpleNamespace(max_grad_norm=1.0)
torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
x, y = 50 * torch.randn(64, 3), torch.randn(64, 1)


def train_step(step):
    loss = (model(x) - y).pow(2).mean()
    loss.backward()
    optimizer.step()
    if args.max_grad_norm > 0:
        torch.nn.utils.clip_grad_norm_(model.parameters(), args.max_grad_norm)  # hazard
    optimizer.zero_grad()
    return loss.item()


train(train_step, steps=40)
