"""The pole of log1p is at -1: a negative that the model is certain of.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def unlikelihood(logits, negatives):
    p = torch.softmax(logits, dim=-1).gather(-1, negatives)
    return -torch.log1p(-p).mean()  # hazard


prove(
    unlikelihood,
    edge=[(torch.tensor([[0.0, 40.0]]), torch.tensor([[1]]))],
    ordinary=[(torch.tensor([[0.0, 1.0]]), torch.tensor([[1]]))],
)
