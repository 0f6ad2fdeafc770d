"""Anomaly mode is on around backward alone: there is no forward stack to show."""

import torch

x = torch.zeros(3, requires_grad=True)
loss = (x * torch.log(x)).sum()
with torch.autograd.set_detect_anomaly(True):
    loss.backward()  # blamed
