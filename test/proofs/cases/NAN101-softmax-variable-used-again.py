"""The probabilities stay in use for the accuracy; only the loss may change its form.

Expected: value nan, gradient nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def loss_and_accuracy(logits, labels):
    probs = F.softmax(logits, dim=1)
    onehot = torch.zeros_like(probs).scatter_(1, labels[:, None], 1.0)
    loss = -(onehot * torch.log(probs)).sum(dim=1).mean()  # hazard
    return loss, (probs.argmax(dim=1) == labels).float().mean()


prove(
    loss_and_accuracy,
    edge=[(torch.tensor([[0.0, 200.0], [3.0, 1.0]]), torch.tensor([1, 0]))],
    ordinary=[(torch.tensor([[0.0, 2.0], [3.0, 1.0]]), torch.tensor([1, 1]))],
)
