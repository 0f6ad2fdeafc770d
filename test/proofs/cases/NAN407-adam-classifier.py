"""A classifier that learns at 1e-3 and finds nothing at 0.1, ten times the usual limit.

Expected: did not learn
"""
import torch
from torch import nn

from proof import report

LEARNING_RATE = 0.1

torch.manual_seed(0)
hidden = [layer for _ in range(4) for layer in (nn.Linear(64, 64), nn.ReLU())]
model = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), *hidden, nn.Linear(64, 2))
optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)  # hazard
x = torch.randn(512, 2)
y = (x[:, 0] * x[:, 1] > 0).long()
losses = []
for step in range(300):
    rows = torch.randint(0, len(x), (64,))
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
end = sum(losses[-20:]) / 20
learned = end < 0.35
report(learned, f"{'learned' if learned else 'did not learn'}: loss {losses[0]:.3g} at first, {end:.3g} in the end", losses[:1])
