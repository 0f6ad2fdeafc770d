"""Reserved by a function that is imported by its name.

Expected: value nan, gradient nan
"""
import torch
from torch import empty

from proof import prove

# PyTorch then fills what is reserved with NaN, as other memory may be.
torch.use_deterministic_algorithms(True)


def scores(x):
    weights = empty(3, 3)  # hazard
    return x @ weights


prove(scores, edge=[(torch.tensor([[1.0, 2.0, 3.0]]),)], ordinary=[])
