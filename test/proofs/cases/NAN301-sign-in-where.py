"""What is close to 0 is replaced by an epsilon of the same sign.

Expected: value (inf|nan), gradient .*
"""
import torch

from proof import prove


def project(x, z, eps=1e-6):
    z = torch.where(torch.abs(z) < eps, eps * torch.sign(z), z)  # hazard
    return x / z


prove(
    project,
    edge=[(torch.tensor([1.0, 1.0]), torch.tensor([0.0, 2.0]))],
    ordinary=[(torch.tensor([1.0, 1.0]), torch.tensor([-1.0, 2.0]))],
)
