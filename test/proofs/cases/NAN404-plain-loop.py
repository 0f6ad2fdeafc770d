r"""Every step uses the sum of all gradients so far: the weights swing further each time, until the loss is no number.

Expected: loss (nan|inf) at step \d+
"""
import torch

from proof import train

torch.manual_seed(0)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
x = torch.randn(64, 4)
y = x.sum(dim=1, keepdim=True)
losses = []

for step in range(3000):
    loss = torch.nn.functional.mse_loss(model(x), y)
    losses.append(loss.item())
    loss.backward()  # hazard
    optimizer.step()

train(lambda step: losses[step], steps=len(losses))
