"""acos of a cosine similarity: of equal vectors it is 1, or 1.0000001.

Expected: value (finite|nan), gradient nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def angle_loss(a, b):
    cosine = F.cosine_similarity(a, b, dim=-1)
    return torch.acos(cosine).mean()  # hazard


generator = torch.Generator().manual_seed(0)
same = torch.randn(1000, 16, generator=generator)
prove(
    angle_loss,
    edge=[(same, same * 3)],
    ordinary=[(torch.tensor([[1.0, 2.0]]), torch.tensor([[2.0, 1.0]]))],
)
