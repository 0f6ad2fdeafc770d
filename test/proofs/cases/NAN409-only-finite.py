"""Only batches whose loss is finite are used, and after one whose gradient is not, none is left.

Expected: 2 of 8 batches were used, told of none
"""
import contextlib
import io

import torch
from torch import nn

from proof import report


class Trainer:
    def __init__(self):
        self.model = nn.Linear(3, 1, bias=False)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.01)

    def fit(self, batches):
        used = 0
        for x in batches:
            loss = self.model(x).norm(dim=1).pow(2).add(x.pow(2).sum(1).detach() * 0).pow(0.5).mean()
            if torch.isfinite(loss):  # hazard
                loss.backward()
                self.optimizer.step()
                used += 1
            self.optimizer.zero_grad()
        return used


torch.manual_seed(0)
batches = [torch.randn(4, 3) for _ in range(8)]
batches[1][0] = 0.0
told = io.StringIO()
with contextlib.redirect_stdout(told):
    used = Trainer().fit(batches)
lines = told.getvalue().count("\n")
report(lines > 0, f"{used} of {len(batches)} batches were used, told of {lines or 'none'}")
