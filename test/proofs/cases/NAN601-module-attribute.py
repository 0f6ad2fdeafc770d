"""The loss is an attribute with label smoothing, the class count another attribute.

Expected: RuntimeError: Expected floating point type for target with class probabilities, got Long
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from proof import report


class Classifier(nn.Module):
    def __init__(self, dim, classes):
        super().__init__()
        self.classes = classes
        self.head = nn.Linear(dim, classes)
        self.loss_fn = nn.CrossEntropyLoss(label_smoothing=0.1)

    def forward(self, x, labels):
        target = F.one_hot(labels, self.classes)
        return self.loss_fn(self.head(x), target)  # hazard


torch.manual_seed(0)
net = Classifier(2, 3)
x, labels = torch.randn(4, 2), torch.tensor([0, 1, 2, 0])
wanted = F.cross_entropy(net.head(x), labels, label_smoothing=0.1).item()
loss = net(x, labels).item()
report(abs(loss - wanted) < 1e-6, f"loss {loss}, of class ids {wanted}")
