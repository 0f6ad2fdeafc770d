"""An index by a comparison with torch.nan selects nothing.

Expected: edge 0: value nan
"""
import torch

from proof import prove


def filled(scores):
    scores[scores == torch.nan] = 0.0  # hazard
    return scores.sum()


prove(
    filled,
    edge=[(torch.tensor([1.0, float("nan")]),)],
    ordinary=[(torch.tensor([1.0, -2.0]),)],
)
