"""The bias of a head with one output has one element.

The deviation of the whole is smaller than that of the sample, by the root of (n - 1) / n.

Expected: std nan
Tolerance: 0.5, a deviation of the whole is another number
"""
import math

import torch

from proof import report


def deviations(model):
    found = []
    for _, param in model.named_parameters():
        found.append(float(param.data.std()))  # hazard
    return found


torch.manual_seed(0)
seen = deviations(torch.nn.Linear(4, 1))
report(all(map(math.isfinite, seen)), f"std {seen[-1]}", deviations(torch.nn.Linear(4, 2)))
