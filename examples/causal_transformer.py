"""Tiny causal transformer on a copy task, with a bonus that keeps its attention heads spread out."""

import argparse
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class CausalSelfAttention(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm(x)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-2, -1) / math.sqrt(width // self.heads)
        future = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
        attn = F.softmax(scores.masked_fill(future, float("-inf")), dim=-1)
        entropy = -(attn * attn.log()).sum(-1).mean()
        return x + self.proj((attn @ v).transpose(1, 2).reshape(batch, length, width)), entropy


class TinyGPT(nn.Module):
    def __init__(self, vocab=16, width=64, heads=4, layers=2, context=24):
        super().__init__()
        self.tokens = nn.Embedding(vocab, width)
        self.positions = nn.Parameter(torch.randn(context, width) * 0.02)
        self.layers = nn.ModuleList(CausalSelfAttention(width, heads) for _ in range(layers))
        self.head = nn.Linear(width, vocab)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions[: ids.size(1)]
        entropies = []
        for layer in self.layers:
            x, entropy = layer(x)
            entropies.append(entropy)
        return self.head(x), torch.stack(entropies).mean()


parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--entropy-weight", type=float, default=0.01)
parser.add_argument("--entropy-after", type=int, default=60, help="first step with the bonus")
parser.add_argument("--detect-anomaly", action="store_true")
args = parser.parse_args()

torch.manual_seed(1234)
torch.autograd.set_detect_anomaly(args.detect_anomaly)
model = TinyGPT()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for step in range(args.steps):
    half = torch.randint(0, 16, (32, 12))
    ids = torch.cat([half, half], dim=1)
    logits, entropy = model(ids[:, :-1])
    loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
    if step >= args.entropy_after:
        loss = loss - args.entropy_weight * entropy
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 10 == 0:
        print(f"step={step} loss={loss.item():.4f}")
