"""A loop of Fabric with a square root of a distance that is 0 for equal points."""
import torch
from lightning.fabric import Fabric

torch.manual_seed(8)
fabric = Fabric(accelerator="cpu", devices=1)
model = torch.nn.Linear(3, 3, bias=False)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-2)
model, optimizer = fabric.setup(model, optimizer)
pairs = torch.randn(12, 2, 6, 3)
pairs[8, 1, 0] = pairs[8, 0, 0]
for left, right in pairs:
    optimizer.zero_grad()
    distance = (model(left) - model(right)).square().sum(-1).sqrt()  # blamed
    loss = distance.mean()
    fabric.backward(loss)
    optimizer.step()
