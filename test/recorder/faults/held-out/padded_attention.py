"""Sentence classifier with hand-written attention over padded token sequences."""
# group: forward
import math

import torch
import torch.nn.functional as F
from torch import nn

import watching

torch.manual_seed(3)


class SelfAttention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width)
        self.v = nn.Linear(width, width)

    def forward(self, x, keep):
        scores = self.q(x) @ self.k(x).transpose(1, 2) / math.sqrt(x.shape[-1])
        scores = scores.masked_fill(~keep[:, None, :], float("-inf"))
        weights = F.softmax(scores, dim=-1)  # cause
        return weights @ self.v(x)


class Classifier(nn.Module):
    def __init__(self, vocabulary=30, width=16):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width, padding_idx=0)
        self.attend = SelfAttention(width)
        self.out = nn.Linear(width, 2)

    def forward(self, tokens):
        x = self.embed(tokens)
        x = x + self.attend(x, tokens != 0)
        return self.out(x.mean(1))


def make_batch(step, size=8, longest=10):
    tokens = torch.zeros(size, longest, dtype=torch.long)
    for row in range(size):
        length = int(torch.randint(1, longest + 1, ()))
        if step == 6 and row == 5:
            length = 0  # an empty line of the corpus
        tokens[row, :length] = torch.randint(1, 30, (length,))
    return tokens, (tokens.sum(1) % 2)


model = Classifier()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
for tokens, labels in rec.watch([make_batch(i) for i in range(12)]):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(tokens), labels)
    loss.backward()
    optimizer.step()
