r"""The second story: the gradient explodes, and the clip comes when the step has been made.

Expected: loss inf at step \d+, nan at the last
"""
import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_

from proof import train

torch.manual_seed(0)
model = nn.Linear(3, 1)
x, y = 50 * torch.randn(64, 3), torch.randn(64, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)


def train_step(step):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    clip_grad_norm_(model.parameters(), max_norm=1.0)  # hazard
    return loss.item()


train(train_step, steps=40)
