"""Half precision asked for on the CPU: the mean's small gradients underflow to exactly 0 and nothing is learned.

Expected: did not learn
"""
import torch
from torch import nn

from half_precision import small_signals, verdict

torch.manual_seed(0)
model = nn.Linear(64, 64, bias=False)
nn.init.zeros_(model.weight)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-6)
losses = []

for x, y in small_signals(40):
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.float16):
        loss = nn.functional.mse_loss(model(x), y)
    loss.backward()  # hazard
    optimizer.step()
    losses.append(loss.item())

verdict(losses)
