"""`in` compares with ==, unless it is the very same object.

Expected: counted 0 bad values
"""
import torch

from proof import report

losses = torch.tensor([0.5, float("inf"), 1.0]).mul(torch.tensor([1.0, 0.0, 1.0])).tolist()
bad = 0
for value in losses:
    if value in [-1.0, float("nan")]:  # hazard
        bad += 1
report(bad == 1, f"counted {bad} bad values", [losses[0]])
