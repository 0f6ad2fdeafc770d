"""A regression whose step size is too large, logged with PyTorch's SummaryWriter."""

import sys

import torch
from torch.utils.tensorboard import SummaryWriter

torch.manual_seed(0)
writer = SummaryWriter(sys.argv[1])
model = torch.nn.Linear(8, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=30.0)
x, y = torch.randn(32, 8), torch.randn(32, 1)
for step in range(40):
    optimizer.zero_grad()
    loss = ((model(x) - y) ** 2).mean()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), float("inf"))
    writer.add_scalar("train/loss", loss.item(), step)
    writer.add_scalar("train/grad_norm", norm.item(), step)
    writer.add_text("note", "a text is no scalar", step) if step == 0 else None
    writer.add_histogram("weights", model.weight, step) if step == 0 else None
    optimizer.step()
writer.close()
