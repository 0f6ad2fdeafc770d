"""A recurrent encoder under the older, reentrant activation checkpointing."""
# group: forward
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint_sequential

import watching

torch.manual_seed(43)


class Ratio(nn.Module):
    def forward(self, x):
        first, second = x.chunk(2, dim=-1)
        ratio = first / second  # cause
        return torch.cat([torch.tanh(ratio * 0.1), second], dim=-1)


layers = nn.Sequential(nn.Linear(8, 8), nn.ReLU6(), nn.Linear(8, 8), nn.Dropout(0.003), Ratio(), nn.Linear(8, 2))
optimizer = torch.optim.AdamW(layers.parameters(), lr=1e-3)
rec = watching.Recorder(layers, optimizer)
for x in rec.watch(torch.randn(40, 6, 8)):
    x.requires_grad_()
    output = checkpoint_sequential(layers, 3, x, use_reentrant=True)
    loss = nn.functional.cross_entropy(output, (x.detach().sum(1) > 0).long())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
