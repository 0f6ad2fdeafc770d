"""Each product of exponentials underflows, and so does their sum.

Expected: value -inf
"""
import torch

from proof import prove


def log_matmul_exp(x, y):
    return torch.matmul(x.exp(), y.exp()).log()  # hazard


prove(
    log_matmul_exp,
    edge=[(torch.tensor([[0.0, -200.0]]), torch.tensor([[-200.0], [0.0]]))],
    ordinary=[(torch.tensor([[0.0, -1.0]]), torch.tensor([[-1.0], [0.5]]))],
)
