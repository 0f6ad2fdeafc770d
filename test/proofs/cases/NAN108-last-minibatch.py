"""The last minibatch holds one advantage, whose sample deviation is NaN.

The deviation of the whole is smaller than that of the sample, by the root of (n - 1) / n.

Expected: value nan
Tolerance: 0.5, a deviation of the whole is another number
"""
from types import SimpleNamespace

import torch

from proof import prove


def minibatches(advantages, size):
    return [SimpleNamespace(advantages=part) for part in torch.split(advantages, size)]


def normalised(advantages, size):
    parts = []
    for batch in minibatches(advantages, size):
        adv = batch.advantages
        parts.append((adv - adv.mean()) / (adv.std() + 1e-8))  # hazard
    return torch.cat(parts)


prove(
    lambda advantages: normalised(advantages, 2),
    edge=[(torch.tensor([1.0, 2.0, 3.0]),)],
    ordinary=[(torch.tensor([1.0, 2.0, 3.0, 5.0]),)],
)
