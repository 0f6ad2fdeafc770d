"""A Bernoulli probability is mixed from two sigmoids, both of which saturate.

Expected: value -inf
"""
import torch
import torch.nn.functional as F

from proof import prove


def bernoulli(x, logits):
    ones = F.sigmoid(logits)
    zeros = F.sigmoid(-logits)
    return torch.log(x * ones + (1 - x) * zeros)  # hazard


prove(
    lambda logits: bernoulli(torch.tensor([0.0, 1.0]), logits),
    edge=[(torch.tensor([200.0, 3.0]),)],
    ordinary=[(torch.tensor([2.0, -3.0]),)],
)
