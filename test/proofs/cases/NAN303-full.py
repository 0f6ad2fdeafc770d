"""The mask is made in float16 from the start.

Fails at once, so that there is nothing to agree with.
Expected: cannot be converted to type c10::Half without overflow
"""
import torch

from proof import prove


def causal(scores):
    length = scores.shape[-1]
    mask = torch.full((length, length), -1e9, dtype=torch.float16).triu(1)  # hazard
    return (scores.half() + mask).softmax(dim=-1)


prove(causal, edge=[(torch.zeros(3, 3),)], ordinary=[(torch.tensor([[1.0, 2.0], [0.5, 0.1]]),)])
