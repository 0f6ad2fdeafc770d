"""Empty spans are set to 0 after the division, and 0 times an infinite slope is NaN.

Expected: gradient nan
"""
import torch

from proof import prove


def span_means(tokens, span_mask):
    spans = torch.relu(tokens) * span_mask
    means = spans.sum(1) / span_mask.sum(1)  # hazard
    means[span_mask.sum(1) == 0] = 0
    return means


prove(
    lambda tokens: span_means(tokens, torch.tensor([[1, 1], [0, 0]])),
    edge=[(torch.tensor([[1.0, 2.0], [3.0, 4.0]]),)],
    ordinary=[],
)
