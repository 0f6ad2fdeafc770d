r"""Initialisers that ask nothing of the number of inputs: a deep network overflows in its first pass.

Expected: the output is (inf|nan)
"""
import torch
import torch.nn as nn

from proof import report


def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.normal_(m.weight)  # hazard


def init_wide(m):
    if isinstance(m, nn.Linear):
        m.weight.data.uniform_(-1, 1)  # hazard


torch.manual_seed(0)
net = nn.Sequential(*[nn.Linear(512, 512) for _ in range(30)]).apply(init_weights)
wide = nn.Sequential(*[nn.Linear(512, 512) for _ in range(40)]).apply(init_wide)
x = torch.randn(4, 512)
largest = max(net(x).abs().max().item(), wide(x).abs().max().item())
largest = largest if largest == largest else float("nan")
report(largest < 1e6, f"the output is {largest}")
