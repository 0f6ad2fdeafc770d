"""The model's last layer is a softmax; the loss takes its logarithm.

Expected: value inf, gradient nan
"""
import torch
from torch import nn

from proof import prove

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=-1))


def loss(x, labels):
    probs = model(x)
    return -torch.log(probs)[torch.arange(len(labels)), labels].mean()  # hazard


with torch.no_grad():
    model[0].weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]))
prove(
    loss,
    edge=[(torch.tensor([[500.0, -500.0]]), torch.tensor([1]))],
    ordinary=[(torch.tensor([[0.5, -0.5]]), torch.tensor([1]))],
)
