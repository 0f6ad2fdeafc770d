"""A module that does not know in which precision it will be run; here its user calls `half()`.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: cannot be converted to type c10::Half without overflow
"""
import torch
import torch.nn as nn

from proof import prove


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)

    def forward(self, x, mask):
        scores = torch.matmul(self.query(x), self.key(x).transpose(-2, -1))
        scores = scores.masked_fill(mask == 0, -1e9)  # hazard
        return scores.softmax(dim=-1) @ x


torch.manual_seed(0)
attention = Attention(4).half()
prove(
    lambda x, mask: attention(x.half(), mask),
    edge=[(torch.randn(1, 3, 4), torch.zeros(3))],
    ordinary=[(torch.randn(1, 3, 4), torch.tensor([1, 1, 0]))],
)
