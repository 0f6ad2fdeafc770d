r"""The last layer stands in a module of the file, and the labels are random ones with literal ends.

Expected: IndexError: Target \d is out of bounds
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from proof import report


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 8)
        self.fc2 = nn.Linear(8, 3)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        return self.fc2(x)


torch.manual_seed(0)
criterion = nn.CrossEntropyLoss()
out = Net()(torch.randn(64, 4))
y = torch.randint(0, 5, (64,))
loss = criterion(out, y)  # hazard
report(loss.item() < 5, f"loss {loss.item()}")
