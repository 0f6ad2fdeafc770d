"""A loop with Accelerate, gradient accumulation included; a distance of 0 has no gradient under the root."""

import os
import sys

import torch
from accelerate import Accelerator

import nanlens

out, accumulation, on_anomaly = sys.argv[1], int(sys.argv[2]), sys.argv[3]
torch.manual_seed(0)
accelerator = Accelerator(cpu=True, gradient_accumulation_steps=accumulation)
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
left, right = torch.randn(64, 4), torch.randn(64, 4)
if "HEALTHY" not in os.environ:
    right[29] = left[29]
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(left, right), batch_size=4)
model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
rec = nanlens.Recorder(model, optimizer, out=out, on_anomaly=on_anomaly)
for one, two in rec.watch(loader):
    with accelerator.accumulate(model):
        squares = (model(one) - model(two)).pow(2).sum(1)
        loss = torch.sqrt(squares).mean()  # cause
        accelerator.backward(loss)
        if accelerator.sync_gradients:
            accelerator.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
print("ended", all(bool(torch.isfinite(parameter).all()) for parameter in model.parameters()))
