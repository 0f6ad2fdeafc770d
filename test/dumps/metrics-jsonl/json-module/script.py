"""A home-made logger: Python's json module writes NaN and Infinity as bare words."""

import json
import sys

import torch

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(6, 12), torch.nn.Tanh(), torch.nn.Linear(12, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
with open(sys.argv[1] + "/metrics.jsonl", "w") as out:
    for step in range(30):
        scale = 1.0 if step < 21 else 1e30
        optimizer.zero_grad()
        loss = ((model(torch.randn(16, 6)) * scale) ** 2).mean()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        record = {"global_step": step, "train": {"loss": loss.item(), "grad_norm": norm.item()}, "best_loss": float("inf")}
        print(json.dumps(record), file=out)
