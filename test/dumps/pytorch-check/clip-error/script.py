"""Clipping that is told not to hide a gradient that is not finite."""

import torch

model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(4):
    x = torch.full((8, 4), 10.0 ** (12 * step))
    loss = model(x).square().mean()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, error_if_nonfinite=True)  # blamed
    optimizer.step()
    print(f"step={step} loss={loss.item():.3g}")
