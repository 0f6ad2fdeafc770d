"""Divides by a width that is 0 once, with a recorder where there is one."""

import sys

import torch

try:
    import nanlens
except ImportError:
    nanlens = None

torch.manual_seed(0)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), 1e-3)
steps = enumerate(torch.randn(6, 8, 4))
if nanlens is not None:
    rec = nanlens.Recorder(model, optimizer, out=sys.argv[1], on_anomaly="warn")
    steps = rec.watch(steps)
for step, x in steps:
    width = torch.tensor(0.0 if step == 3 else 1.0)
    scaled = model(x) / width  # cause
    loss = scaled.pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("ended")
