"""The same warning for another fault: a tensor that its gradient needs is changed in place. There is no NaN here."""

import torch

torch.autograd.set_detect_anomaly(True)

x = torch.randn(4, requires_grad=True)
y = torch.exp(x)
y += 1
y.sum().backward()
