r"""One empty cell of a table that NumPy reads, and after the first step every weight is NaN.

Expected: weight nan
"""
import io
import math

import numpy as np
import torch

from proof import report

FILE = io.StringIO("rooms,area,price\n1,0.5,1.1\n2,,1.9\n3,1.5,3.2\n4,2.0,4.1\n")

data = np.genfromtxt(FILE, delimiter=",", skip_header=1)
table = torch.from_numpy(data).float()  # hazard
X, y = table[:, :-1], table[:, -1:]

torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for _ in range(20):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(X), y).backward()
    optimizer.step()
weight = model.weight[0, 0].item()
report(math.isfinite(weight), f"weight {weight}")
