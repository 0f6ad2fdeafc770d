"""A crash that has nothing to do with NaN, of a run on a column named nan."""

import torch

for step in range(4):
    print(f"step={step} loss={1.0 / (step + 1):.4f}", flush=True)
{"inf": torch.zeros(1)}["nan"]
