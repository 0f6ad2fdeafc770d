"""nn.Softmax made where it is used, before NLLLoss.

Expected: value inf, gradient nan
"""
import torch
from torch import nn

from proof import prove

criterion = nn.NLLLoss()


def loss(output, labels):
    return criterion(torch.log(nn.Softmax(dim=1)(output)), labels)  # hazard


prove(
    loss,
    edge=[(torch.tensor([[0.0, 200.0]]), torch.tensor([0]))],
    ordinary=[(torch.tensor([[0.5, 1.5]]), torch.tensor([0]))],
)
