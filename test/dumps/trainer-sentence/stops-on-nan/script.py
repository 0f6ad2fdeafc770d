"""The engine that many vision repositories share: it prints that the loss is nan, then its parts, and exits."""

import math
import sys

import torch

for i in range(0, 30):
    box = torch.tensor(0.0 if i == 25 else 1.0)
    parts = {"loss_ce": torch.tensor(1.0 / (i + 1)), "loss_giou": box / box}
    loss = sum(parts.values())
    if not math.isfinite(loss.item()):
        print(f"Loss is {loss.item()}, stopping training")
        print({name: value.item() for name, value in parts.items()})
        sys.exit(1)
    if i % 10 == 0:
        print(f"Epoch: [2]  [{i:3d}/200]  eta: 0:00:12  lr: 0.000100  loss: {loss.item():.4f} ({loss.item():.4f})  time: 0.0102")
