r"""A sigmoid instead of a softmax: scores from 0 to 1 all the same.

Expected: last loss 0\.5\d+ at an accuracy of 1\.0
"""
import torch
from torch import nn

from wrong_loss import classes, verdict


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(3, 3)

    def forward(self, x):
        return torch.sigmoid(self.out(8 * x))


torch.manual_seed(0)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.2)
losses = []

for x, y in classes(80):
    optimizer.zero_grad()
    out = net(x)
    loss = nn.functional.cross_entropy(out, y)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

verdict(losses, (out.argmax(1) == y).float().mean())
