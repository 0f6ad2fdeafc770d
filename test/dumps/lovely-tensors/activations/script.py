"""Activations that a script prints with lovely-tensors while it looks for NaN."""

import lovely_tensors
import torch

lovely_tensors.monkey_patch()
torch.manual_seed(0)
mask = torch.zeros(4, 4).masked_fill(torch.ones(4, 4).triu(1).bool(), float("-inf"))
print("attn_mask", mask)
for step in range(3):
    x = torch.rand(8, 16) * 10.0 ** (19 * step)
    print(f"step {step} input: {x}")
    h = x.square().sum(-1, keepdim=True)
    print("  energy", h)
    print("  encoder.norm", x / h.sqrt() * (h / h))
