"""A trajectory of one step is whitened.

The deviation of the whole is smaller than that of the sample, by the root of (n - 1) / n.

Expected: value nan
Tolerance: 0.5, a deviation of the whole is another number
"""
import torch

from proof import prove


def whiten(x: torch.Tensor):
    return (x - x.mean()) / (x.std() + 1e-8)  # hazard


prove(whiten, edge=[(torch.tensor([1.0]),)], ordinary=[(torch.tensor([1.0, 2.0, 4.0]),)])
