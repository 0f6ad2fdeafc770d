"""The log-determinant of a singular covariance is -inf, and its gradient NaN.

Expected: value -inf, gradient (nan|inf)
"""
import torch

from proof import prove


def entropy(covariance):
    return 0.5 * torch.logdet(covariance)  # hazard


prove(entropy, edge=[(torch.ones(2, 2),)], ordinary=[(torch.tensor([[2.0, 0.5], [0.5, 1.0]]),)])
