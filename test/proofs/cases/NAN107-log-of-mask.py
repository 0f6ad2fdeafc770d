"""The logarithm of a mask is added to the scores, and one row of the mask is all 0.

Expected: value nan, gradient nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def masked_log_softmax(vector, mask):
    vector = vector + mask.log()  # hazard
    return F.log_softmax(vector, dim=1) * mask


prove(
    masked_log_softmax,
    edge=[(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[0.0, 0.0, 0.0]]))],
    ordinary=[(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[1.0, 1.0, 1.0]]))],
)
