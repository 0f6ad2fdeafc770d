"""Takes the logarithm of readings, some of which are 0: of the batch itself, of a part, or of a copy of another type.

    python private_batch.py OUT whole|column|copy|half|numbers|complex|transposed hidden|shown
"""

import sys

import torch

import nanlens

out, part, save = sys.argv[1:]
torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), 1e-3)
rec = nanlens.Recorder(model, optimizer, out, "warn", save_batch=save == "shown")
readings = [torch.full((4, 3), 1234.5) + n for n in range(3)] + [torch.tensor([[4321.5, 0.0, 1.5]] * 4)]
if part == "numbers":
    readings = [reading.long() for reading in readings]
for step in rec.watch(readings):
    if part in ("whole", "numbers"):
        scale = torch.log(step)
    elif part == "column":
        scale = torch.log(step[:, 1:])
    elif part == "copy":
        scale = torch.log(step.double()).float()
    elif part == "half":
        scale = torch.log(step.half()).float()
    elif part == "complex":
        scale = torch.log(torch.complex(step, step)).real
    else:
        scale = torch.log(step.t()).t()
    loss = (model(torch.ones(4, 3)) + scale).mean() * 1e-6
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
