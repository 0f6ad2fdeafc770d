"""The loop ends at the first NaN, and what is saved after it is NaN already.

Expected: the saved weights are nan
"""
import io
import math

import torch

from proof import report

torch.manual_seed(0)
net = torch.nn.Linear(3, 1)
opt = torch.optim.Adam(net.parameters(), lr=0.1)
batches = [(torch.randn(16, 3), torch.randn(16, 1)) for _ in range(8)]
batches[3][1][0, 0] = float("inf")
losses = []

for x, y in batches:
    opt.zero_grad()
    loss = torch.nn.functional.mse_loss(net(x), y)
    loss.backward()
    opt.step()
    # it happens
    if not math.isfinite(loss.item()):  # hazard
        print("diverged")
        break
    losses.append(loss.item())

file = io.BytesIO()
torch.save(net.state_dict(), file)
file.seek(0)
saved = torch.load(file)
sound = all(bool(torch.isfinite(value).all()) for value in saved.values())
report(sound, f"the saved weights are {'finite' if sound else 'nan'}", losses[:3])
