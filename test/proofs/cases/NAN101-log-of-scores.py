"""What is called logits is taken for probabilities.

Expected: value nan
"""
import torch

from proof import prove


def cross_entropy(logits, target):
    flat = logits.view(-1, logits.size(-1))
    return -torch.log(flat).gather(1, target.view(-1, 1))  # hazard


prove(
    cross_entropy,
    edge=[(torch.tensor([[-0.5, 0.75]]), torch.tensor([0]))],
    ordinary=[(torch.tensor([[0.25, 0.75]]), torch.tensor([1]))],
)
