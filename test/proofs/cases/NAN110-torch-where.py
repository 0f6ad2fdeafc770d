"""The replacement of NaN elements replaces none.

Expected: edge 0: value nan
"""
import torch

from proof import prove


def cleaned(scores):
    return torch.where(scores == float("nan"), 0.0, scores)  # hazard


prove(
    cleaned,
    edge=[(torch.tensor([1.0, float("nan")]),)],
    ordinary=[(torch.tensor([1.0, -2.0]),)],
)
