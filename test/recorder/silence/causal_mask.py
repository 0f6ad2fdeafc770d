"""Attention by hand with a causal -inf mask: many constants are infinite and nothing is wrong."""
import math

import torch
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(12)


class CausalAttention(nn.Module):
    def __init__(self, width, length):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.register_buffer("mask", torch.full((length, length), float("-inf")).triu(1))

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        scores = q @ k.transpose(1, 2) / math.sqrt(x.shape[-1]) + self.mask
        best = scores.amax(-1, keepdim=True)
        weights = (scores - best).exp()
        return weights / weights.sum(-1, keepdim=True) @ v


model = nn.Sequential(nn.Embedding(16, 12), CausalAttention(12, 9), nn.LayerNorm(12), nn.Linear(12, 16))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
rec = watching.Recorder(model, optimizer)
losses = []
for _ in rec.watch(range(50)):
    text = torch.randint(0, 8, (6, 10)).cumsum(1) % 16
    loss = nn.functional.cross_entropy(model(text[:, :-1]).transpose(1, 2), text[:, 1:])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
report(model, losses)
