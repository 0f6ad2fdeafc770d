"""A signed square-root activation, as in compact bilinear pooling."""
# group: backward
import torch
import torch.nn.functional as F
from torch import nn

import watching

torch.manual_seed(33)


class SignedRoot(nn.Module):
    def forward(self, x):
        return x.sign() * x.abs() ** 0.5  # cause


class Bilinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Linear(10, 6)
        self.right = nn.Linear(10, 6)
        self.root = SignedRoot()
        self.out = nn.Linear(36, 3)

    def forward(self, x):
        pooled = torch.einsum("bi,bj->bij", F.relu(self.left(x)), self.right(x)).flatten(1)
        return self.out(F.normalize(self.root(pooled + 1.0), dim=1))


model = Bilinear()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
rec = watching.Recorder(model, optimizer)


def loader():
    for i in range(12):
        x = torch.randn(8, 10)
        if i == 10:
            # Features that one layer turns into exactly what the constant takes away.
            with torch.no_grad():
                model.left.bias.zero_()
                model.left.weight.zero_().fill_diagonal_(1.0)
                model.right.weight.zero_().fill_diagonal_(-1.0)
                model.right.bias.zero_()
            x[0] = 0.0
            x[0, 0] = 1.0
        yield x, torch.randint(0, 3, (8,))


for x, y in rec.watch(loader()):
    loss = F.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
