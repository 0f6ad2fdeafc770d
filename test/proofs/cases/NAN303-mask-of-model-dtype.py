"""The mask takes on the dtype of the hidden states, and the model is run in float16.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: value nan, gradient nan
"""
import torch

from proof import prove


def attend(hidden, attention_mask):
    mask = attention_mask[:, None, :].to(hidden.dtype)
    scores = hidden @ hidden.transpose(1, 2)
    scores = scores - (1.0 - mask) * 1e10  # hazard
    return scores.softmax(dim=-1) @ hidden


prove(
    lambda hidden, mask: attend(hidden.half(), mask),
    edge=[(torch.randn(1, 3, 4, generator=torch.Generator().manual_seed(0)), torch.zeros(1, 3))],
    ordinary=[(torch.tensor([[[1.0, 0.5], [0.5, 1.0], [0.0, 1.0]]]), torch.tensor([[1.0, 1.0, 0.0]]))],
)
