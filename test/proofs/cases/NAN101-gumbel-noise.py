"""torch.rand gives an exact 0 once in 2**24 draws, and never 1. A clamp keeps the inner logarithm finite; an epsilon
that is added lifts the largest draws to 1 or above and breaks the outer logarithm.

Expected: value -inf
"""
import torch

from proof import report


def gumbel(size):
    return -torch.log(-torch.log(torch.rand(size)))  # hazard


torch.manual_seed(7)
worst, sample = [], []
for _ in range(8):
    noise = gumbel(1 << 23)
    worst.append(noise[~torch.isfinite(noise)])
    sample.append(noise[(noise > -2) & (noise < 5)][:16])
bad = torch.cat(worst)
report(len(bad) == 0, f"value {bad.unique().tolist()[0] if len(bad) else 'finite'}", torch.cat(sample))
