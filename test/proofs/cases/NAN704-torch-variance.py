"""By the root of the variance, a feature at a time.

Expected: edge 0: value nan
"""
import torch

from proof import prove


def by_variance(x):
    return (x - x.mean(0)) / x.var(0).sqrt()  # hazard


prove(
    by_variance,
    edge=[(torch.tensor([[1.0, 2.0], [1.0, 3.0]]),)],
    ordinary=[(torch.tensor([[10.0, -200.0], [70.0, 300.0], [20.0, 0.0]]),)],
)
