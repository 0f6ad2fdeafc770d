r"""Of scores the loss falls without end.

Expected: last loss -\d\d+\.\d+ at an accuracy of
"""
import torch
from torch import nn

from wrong_loss import classes, verdict


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 32)
        self.fc2 = nn.Linear(32, 3)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x)))


torch.manual_seed(0)
net = Net()
criterion = nn.NLLLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
losses = []

for x, y in classes(80):
    optimizer.zero_grad()
    out = net(x)
    loss = criterion(out, y)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

verdict(losses, (out.argmax(1) == y).float().mean())
