"""The same of a healthy model."""

import lovely_tensors
import torch

lovely_tensors.monkey_patch()
torch.manual_seed(0)
for step in range(2):
    print(f"step {step}", torch.rand(8, 16), torch.rand(3).half())
