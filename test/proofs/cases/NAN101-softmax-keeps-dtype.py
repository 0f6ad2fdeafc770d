"""A half-precision softmax that is computed and returned in float32: the dtype argument must survive the fix.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def nll(scores, labels):
    log_probs = torch.softmax(scores, dim=-1, dtype=torch.float32).log()  # hazard
    return -log_probs.gather(-1, labels[:, None]).mean()


prove(
    nll,
    edge=[(torch.tensor([[0.0, 300.0]], dtype=torch.float16), torch.tensor([0]))],
    ordinary=[(torch.tensor([[0.001, 0.002], [1.0, -2.0]], dtype=torch.float16), torch.tensor([0, 1]))],
)
