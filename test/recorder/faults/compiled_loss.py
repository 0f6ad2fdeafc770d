"""The loss function is compiled, the model is not."""
# group: mechanics
import torch
from torch import nn

import watching

torch.manual_seed(53)


@torch.compile(backend="eager")
def bernoulli_deviance(p, y):
    hit = p * y + (1 - p) * (1 - y)
    return -2 * torch.log(hit).mean()  # cause


model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1), nn.Sigmoid())
optimizer = torch.optim.SGD(model.parameters(), lr=8.0)
rec = watching.Recorder(model, optimizer)
for step, x in enumerate(rec.watch(torch.randn(50, 16, 3))):
    y = (x[:, 0] + 0.3 * torch.randn(16) > 0).float()
    loss = bernoulli_deviance(model(x * 10).squeeze(1), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
