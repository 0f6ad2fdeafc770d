"""A list of losses is searched for a NaN that was made for the search.

Expected: not found
"""
import torch

from proof import report

losses = (torch.tensor([0.0, 1.0]) / torch.tensor([0.0, 1.0])).tolist()
found = float("nan") in losses  # hazard
report(found, "found" if found else "not found")
