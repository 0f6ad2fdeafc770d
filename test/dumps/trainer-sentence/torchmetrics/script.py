"""A mean of losses that meets a NaN."""

import torch
import torchmetrics

mean = torchmetrics.MeanMetric()
for step in range(4):
    mean.update(torch.tensor([0.5, 0.0]) / (3 - step))
    print(f"step {step} running mean {mean.compute():.3f}")
