r"""The loss is an object, the last layer stands in a module of the file.

Expected: loss 0\.0, gradient 0\.0
"""
import torch
import torch.nn as nn

from proof import report


class Classifier(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.body = nn.Linear(dim, 64)
        self.head = nn.Linear(64, 1)

    def forward(self, x):
        return self.head(torch.relu(self.body(x)))


torch.manual_seed(0)
model = Classifier(8)
criterion = nn.CrossEntropyLoss()
logits = model(torch.randn(4, 8))
loss = criterion(logits, torch.zeros(4, dtype=torch.long))  # hazard
loss.backward()
gradient = model.head.weight.grad.abs().max().item()
report(loss.item() > 0.1 and gradient > 0, f"loss {loss.item()}, gradient {gradient}")
