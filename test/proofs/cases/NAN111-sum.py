"""A sum that begins with what is there, and rows that are added into what is there.

Expected: value nan, gradient finite
"""
import torch

from proof import prove

# PyTorch then fills what is reserved with NaN, as other memory may be.
torch.use_deterministic_algorithms(True)


def scatter_sum(x, index):
    out = x.new_empty(3, x.size(1))  # hazard
    out.index_add_(0, index, x)
    total = torch.empty(1)  # hazard
    for row in out:
        total = total + row.sum()
    return total


prove(scatter_sum, edge=[(torch.tensor([[1.0, 2.0]]), torch.tensor([1]))], ordinary=[])
