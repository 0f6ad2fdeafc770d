"""The one-hot is bound first, and the loss is an object of the module.

Expected: RuntimeError: Expected floating point type for target with class probabilities, got Long
"""
import torch
from torch import nn

from proof import report

torch.manual_seed(0)
criterion = nn.CrossEntropyLoss()
model = nn.Linear(2, 5)
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
centres = 4 * torch.randn(5, 2)
losses = []

for _ in range(60):
    y = torch.randint(0, 5, (32,))
    x = centres[y] + 0.1 * torch.randn(32, 2)
    y_onehot = nn.functional.one_hot(y, 5)
    optimizer.zero_grad()
    loss = criterion(model(x), y_onehot)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

report(losses[-1] < 0.5 * losses[0], f"loss {losses[0]} at first, {losses[-1]} in the end")
