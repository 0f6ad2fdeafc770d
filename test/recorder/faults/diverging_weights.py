"""A deep linear network that diverges: all is finite until a product of activations is not."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(56)


class DeepLinear(nn.Module):
    def __init__(self, width=8, depth=4):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(depth))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


model = DeepLinear()
optimizer = torch.optim.SGD(model.parameters(), lr=4.0)
rec = watching.Recorder(model, optimizer)
for i, x in enumerate(rec.watch(torch.randn(30, 16, 8))):
    error = model(x) - x.flip(1)
    loss = error.pow(2).mean()  # cause
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{i} {loss.item():.3e}")
