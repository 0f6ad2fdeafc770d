"""detect_anomaly() as a context manager, and a distance of a point to itself."""

import torch

x = torch.zeros(4, 3, requires_grad=True)
with torch.autograd.detect_anomaly():
    squared = (x[0] - x[1]).square().sum()
    distance = torch.sqrt(squared) * 0  # blamed
    distance.backward()
