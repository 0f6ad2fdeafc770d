r"""The function: two equal letters need a blank between them, and there is no frame for it.

Expected: edge 0: value inf, gradient nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def loss_of(scores, lengths):
    targets = torch.tensor([[1, 1, 2]])
    return F.ctc_loss(scores.log_softmax(-1), targets, lengths, torch.tensor([3]))  # hazard


torch.manual_seed(0)
scores = torch.randn(8, 1, 4)
prove(loss_of, edge=[(scores, torch.tensor([3]))], ordinary=[(scores, torch.tensor([8]))])
