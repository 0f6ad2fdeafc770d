"""Attention pooling whose weights are divided by a very small sum."""
# group: backward
import torch
from torch import nn

import watching

torch.manual_seed(38)


class KernelPool(nn.Module):
    def __init__(self):
        super().__init__()
        self.width = nn.Parameter(torch.tensor(1.0))
        self.value = nn.Linear(2, 4)

    def forward(self, query, keys):
        gap = (query[:, None] - keys).pow(2).sum(-1)
        kernel = torch.exp(-gap * self.width**2)
        weights = kernel / kernel.sum(1, keepdim=True)  # cause
        return (weights[..., None] * self.value(keys)).sum(1)


pool = KernelPool()
optimizer = torch.optim.Adam(pool.parameters(), lr=1e-4)
rec = watching.Recorder(pool, optimizer)
keys = torch.randn(40, 12, 5, 2)
queries = torch.randn(40, 12, 2)
keys[22, 4] = 0.0
keys[22, 4, :, 0] = 1e-3 * torch.arange(5)
queries[22, 4] = torch.tensor([8.0, 5.29])  # far from all of its keys
for query, key in rec.watch(zip(queries, keys)):
    optimizer.zero_grad()
    loss = (pool(query, key) - query.sum(1, keepdim=True)).pow(2).mean()
    loss.backward()
    optimizer.step()
