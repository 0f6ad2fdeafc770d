r"""One recording of two frames cannot spell three letters.

Expected: edge 0: value inf, gradient nan
"""
import torch
from torch import nn

from proof import prove

criterion = nn.CTCLoss(blank=0)  # hazard


def loss_of(scores, lengths):
    targets = torch.tensor([[1, 2, 3], [3, 1, 2]])
    return criterion(scores.log_softmax(-1), targets, lengths, torch.tensor([3, 3]))


torch.manual_seed(0)
scores = torch.randn(8, 2, 4)
prove(loss_of, edge=[(scores, torch.tensor([8, 2]))], ordinary=[(scores, torch.tensor([8, 6]))])
