"""Dropout sets probabilities to exactly 0 after the softmax: only a bound next to the logarithm helps.

Expected: value -inf, gradient nan
"""
import torch
import torch.nn.functional as F

from proof import prove


def dropped(logits):
    torch.manual_seed(0)
    probs = F.dropout(F.softmax(logits, dim=-1), p=0.5, training=True)
    return torch.log(probs).mean()  # hazard


prove(dropped, edge=[(torch.tensor([[0.0, 1.0, 2.0, 3.0, 0.5, 0.1]]),)], ordinary=[])
