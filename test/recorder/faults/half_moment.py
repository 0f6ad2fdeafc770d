"""Adam with its default epsilon on a model in half precision."""
# group: precision
# truth: before
import torch
from torch import nn

import watching

torch.manual_seed(80)
model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 2)).half()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
x = torch.randn(10, 16, 6)
x[:4] *= 40
x[4:, :, 5] = 0.0
x[:, :, 5] *= 1e-6
for step, features in enumerate(rec.watch(x)):
    label = (features[:, 0] > 0).long()
    logits = model(features.half())
    loss = nn.functional.cross_entropy(logits.float(), label)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()  # cause
    print(step, loss.item())
