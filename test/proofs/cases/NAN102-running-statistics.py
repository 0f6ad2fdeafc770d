"""Scores that are all the same leave a running deviation of 0.

Expected: value (nan|inf)
"""
import torch

from proof import prove


class Running:
    mean = torch.tensor(1.0)
    std = torch.tensor(0.0)


def normalise(scores, running):
    return (scores - running.mean) / running.std  # hazard


class Ordinary:
    mean = torch.tensor(1.0)
    std = torch.tensor(0.5)


prove(normalise, edge=[(torch.tensor([1.0, 1.0]), Running)], ordinary=[(torch.tensor([1.5, 0.5]), Ordinary)])
