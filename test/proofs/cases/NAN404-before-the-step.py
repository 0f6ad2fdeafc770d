"""The gradients are thrown away just before the step, which then has nothing to do.

Expected: did not learn
"""
import torch

from half_precision import verdict

torch.manual_seed(0)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
x = torch.randn(64, 4)
y = x.sum(dim=1, keepdim=True)
losses = []

for step in range(100):
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.zero_grad()  # hazard
    optimizer.step()
    losses.append(loss.item())

verdict(losses)
