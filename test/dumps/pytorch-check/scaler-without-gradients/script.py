"""A loss scaler that meets an optimizer whose parameters have no gradient: an error, but not NaN."""

import torch

model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
for step in range(3):
    loss = model(torch.ones(2, 4)).mean()
    scaler.scale(loss).backward()
    if step == 2:
        optimizer.zero_grad()
    scaler.step(optimizer)
    scaler.update()
    print(f"step {step} loss {loss.item():.4f}")
