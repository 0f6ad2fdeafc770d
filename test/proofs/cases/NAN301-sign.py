"""An epsilon with the sign of what it is added to, which is 0 at 0.

Expected: value (inf|nan), gradient .*
"""
import torch

from proof import prove


def ratio(a, b, eps=1e-6):
    return a / (b + eps * torch.sign(b))  # hazard


prove(
    ratio,
    edge=[(torch.tensor([1.0, 1.0]), torch.tensor([0.0, 2.0]))],
    ordinary=[(torch.tensor([1.0, 1.0]), torch.tensor([-1.0, 2.0]))],
)
