r"""Cross-entropy over one output: the loss is 0 from the start, and no gradient teaches anything.

Expected: loss 0\.0, gradient 0\.0
"""
import torch
from torch import nn

from proof import report

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))


def loss_of(x, y):
    return nn.functional.cross_entropy(model(x), y)  # hazard


loss = loss_of(torch.randn(4, 8), torch.zeros(4, dtype=torch.long))
loss.backward()
gradient = model[0].weight.grad.abs().max().item()
report(loss.item() > 0.1 and gradient > 0, f"loss {loss.item()}, gradient {gradient}")
