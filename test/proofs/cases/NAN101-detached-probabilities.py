"""The probabilities are detached: a fix that goes back to the logits would let a gradient flow where none did.

Expected: value -inf, gradient -inf
"""
import torch
import torch.nn.functional as F

from proof import prove


def pseudo_label_weight(logits, weight):
    probs = F.softmax(logits, dim=1).detach()
    confidence = torch.log(probs).amin(dim=1)  # hazard
    return (weight * confidence).sum() + logits.mean()


prove(
    pseudo_label_weight,
    edge=[(torch.tensor([[0.0, 200.0]]), torch.tensor([[0.5]]))],
    ordinary=[(torch.tensor([[0.0, 2.0]]), torch.tensor([[0.5]]))],
)
