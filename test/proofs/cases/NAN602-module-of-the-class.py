r"""A module of the class applies softmax at the end of forward; model and loss are handed to a function.

Expected: last loss 0\.5\d+ at an accuracy of 1\.0
"""
import torch
from torch import nn

from wrong_loss import classes, verdict


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 32)
        self.fc2 = nn.Linear(32, 3)
        self.softmax = nn.Softmax(dim=1)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = self.fc2(x)
        x = self.softmax(x)
        return x


def train(model, criterion, loader):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for x, y in loader:
        optimizer.zero_grad()
        out = model(x)
        loss = criterion(out, y)  # hazard
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, (out.argmax(1) == y).float().mean()


torch.manual_seed(0)
verdict(*train(Net(), nn.CrossEntropyLoss(), classes(60)))
