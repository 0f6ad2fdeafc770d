r"""A squared error against class ids: every output is drawn to the same number, and none of the classes is told apart.

Expected: accuracy 0\.[0-4]\d*
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from proof import report

torch.manual_seed(0)
net = nn.Sequential(nn.Flatten(), nn.Linear(5, 5))
optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
x = torch.eye(5)
labels = x.argmax(dim=1)
for _ in range(200):
    optimizer.zero_grad()
    loss = F.mse_loss(net(x), labels.float())  # hazard
    loss.backward()
    optimizer.step()
accuracy = (net(x).argmax(1) == labels).float().mean().item()
report(accuracy > 0.9, f"accuracy {accuracy}")
