"""A gradient penalty: the failing node was itself made by a backward pass."""

import torch

torch.autograd.set_detect_anomaly(True)


def penalty(x):
    y = x.pow(1.5).sum()
    (gradient,) = torch.autograd.grad(y, x, create_graph=True)  # blamed
    return gradient.pow(2).sum()


x = torch.zeros(3, requires_grad=True)
penalty(x).backward()
