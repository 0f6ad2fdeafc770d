"""A step of thousands of operations, of which one divides by 0.

    python many_operations.py OUT NUMBER
"""

import sys

import torch

import nanlens

out, number = sys.argv[1], int(sys.argv[2])
model = torch.nn.Sequential(torch.nn.Linear(16, 16))
optimizer = torch.optim.SGD(model.parameters(), 1e-3)
rec = nanlens.Recorder(model, optimizer, out, "warn")
one = torch.ones(16)


def long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_name(x, fails):
    """Each operation of the dump has this name."""
    for index in range(12_000):
        if index == number and fails:
            x = x / torch.zeros(16)  # cause
        else:
            x = torch.addcmul(x, one, one, value=1e-6)
    return x


for step in rec.watch(range(3)):
    start = model(torch.ones(4, 16))
    loss = long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_name(start, step == 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
