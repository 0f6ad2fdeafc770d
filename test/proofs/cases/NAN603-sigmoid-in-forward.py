r"""The model ends in a sigmoid, and the loss applies one.

Expected: last loss 0\.5\d+ at an accuracy of
"""
import torch
from torch import nn

from wrong_loss import classes, verdict


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        return self.sigmoid(self.fc(8 * x))


torch.manual_seed(0)
net = Net()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.3)
losses = []

for x, kind in classes(80):
    y = (kind == 1).float().unsqueeze(1)
    optimizer.zero_grad()
    loss = criterion(net(x), y)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

verdict(losses, ((net.fc(8 * x) > 0) == (y > 0)).float().mean())
