"""Odds in bans: base ten.

Expected: value -inf, gradient nan
"""
import torch

from proof import prove


def evidence(scores):
    return torch.log10(scores.sigmoid())  # hazard


prove(evidence, edge=[(torch.tensor([-200.0]),)], ordinary=[(torch.tensor([-2.0, 0.5]),)])
