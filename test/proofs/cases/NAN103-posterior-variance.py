"""The variance attribute of a posterior, which comes out below 0 at a datum.

Expected: value nan
"""
import torch

from proof import prove


class Posterior:
    def __init__(self, x_new, x):
        k_xx = torch.exp(-0.5 * (x[:, None] - x[None]) ** 2)
        k_px = torch.exp(-0.5 * (x_new[:, None] - x[None]) ** 2)
        self.variance = 1 - (k_px @ torch.linalg.inv(k_xx) * k_px).sum(1)


def deviation(x_new, x):
    posterior = Posterior(x_new, x)
    return posterior.variance.sqrt()  # hazard


prove(
    deviation,
    edge=[(torch.linspace(0.0, 6.0, 9), torch.linspace(0.0, 6.0, 9))],
    ordinary=[(torch.tensor([1.5, 3.1]), torch.tensor([0.0, 5.0]))],
)
