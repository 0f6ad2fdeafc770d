"""A loss scaler for a model that was cast to half precision: an error, but not NaN."""

import torch

model = torch.nn.Linear(4, 1).half()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cpu")
loss = model(torch.ones(2, 4).half()).mean()
print(f"step 0 loss {loss.item():.4f}")
scaler.scale(loss).backward()
scaler.unscale_(optimizer)
