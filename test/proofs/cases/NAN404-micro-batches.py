r"""Micro-batches in an inner loop, one step for all of them, and the next sum begins where the last one ended.

Expected: did not learn
"""
import torch

from half_precision import verdict

torch.manual_seed(0)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
x = torch.randn(64, 4)
y = x.sum(dim=1, keepdim=True)
losses = []

for step in range(100):
    total = 0.0
    for inputs, targets in zip(x.split(16), y.split(16)):
        loss = torch.nn.functional.mse_loss(model(inputs), targets) / 4
        loss.backward()  # hazard
        total += loss.item()
    optimizer.step()
    losses.append(total)

verdict(losses)
