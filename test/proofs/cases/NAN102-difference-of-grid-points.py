"""A grid whose first two points are the same has a spacing of 0.

Expected: value (nan|inf)
"""
import torch

from proof import prove


def position(targets: torch.Tensor, grid: torch.Tensor):
    delta = grid[1] - grid[0]
    return (targets - grid[0]) / delta  # hazard


prove(
    position,
    edge=[(torch.tensor([0.1, 0.2]), torch.tensor([0.1, 0.1, 0.3]))],
    ordinary=[(torch.tensor([0.1, 0.2]), torch.tensor([0.0, 0.1, 0.2]))],
)
