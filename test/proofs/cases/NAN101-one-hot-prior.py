"""The logarithm of an integer one-hot.

Expected: value -inf
"""
import torch
import torch.nn.functional as F

from proof import prove


def log_one_hot(labels):
    onehot = F.one_hot(labels, 3)
    return torch.log(onehot)[torch.arange(len(labels)), (labels + 1) % 3]  # hazard


prove(log_one_hot, edge=[(torch.tensor([0, 2]),)], ordinary=[])
