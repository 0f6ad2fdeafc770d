"""torch.rand gives an exact 0 once in 2**24 draws, and never 1. A clamp keeps the inner logarithm finite; an epsilon
that is added lifts the largest draws to 1 or above and breaks the outer logarithm.

Expected: value -inf
"""
import torch

from proof import report


def gumbel(size):
    return -torch.log(-torch.log(torch.rand(size)))  # hazard


# With this seed the draws hold both an exact 0 and the largest number below 1.
torch.manual_seed(3)
noise = gumbel(1 << 23)
bad = noise[~torch.isfinite(noise)]
report(len(bad) == 0, f"value {bad.tolist()[0] if len(bad) else 'finite'}", noise[noise.abs() < 1][:64])
