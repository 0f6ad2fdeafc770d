"""bfloat16 has the exponents of float32, but not its last bits: the smallest float32 rounds to -inf.

Tolerance: 1e-1, for bfloat16 resolves 1e-2
Expected: cannot be converted to type c10::BFloat16 without overflow
"""
import torch

from proof import prove


def policy(logits, allowed):
    logits = logits.bfloat16()
    logits = logits.masked_fill(~allowed, torch.finfo(torch.float32).min)  # hazard
    return logits.softmax(dim=-1)


prove(
    policy,
    edge=[(torch.tensor([[1.0, 2.0]]), torch.tensor([[False, False]]))],
    ordinary=[(torch.tensor([[1.0, 2.0]]), torch.tensor([[True, False]]))],
)
