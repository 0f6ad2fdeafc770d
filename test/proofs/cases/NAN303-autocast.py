"""Nothing says float16 but autocast, which computes the product of queries and keys in it.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: cannot be converted to type c10::Half without overflow
"""
import torch

from proof import prove


def attend(query, key, padding):
    with torch.autocast("cpu", dtype=torch.float16):
        scores = torch.bmm(query, key.transpose(1, 2)) / query.shape[-1] ** 0.5
        scores = scores.masked_fill(padding, -1e9)  # hazard
        return scores.softmax(dim=-1)


query = torch.tensor([[[1.0, 2.0], [0.5, -1.0]]])
key = torch.tensor([[[0.3, 0.2], [1.0, -0.4]]])
prove(
    attend,
    edge=[(query, key, torch.tensor([True, True]))],
    ordinary=[(query, key, torch.tensor([False, True]))],
)
