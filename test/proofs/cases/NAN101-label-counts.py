"""Class priors from counts: a class that does not occur. The counts are integers.

Expected: value -inf
"""
import torch

from proof import prove


def log_prior(labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes)
    return torch.log(counts.float())  # hazard


prove(log_prior, edge=[(torch.tensor([0, 2]), 3)], ordinary=[(torch.tensor([0, 2, 1, 1]), 3)])
