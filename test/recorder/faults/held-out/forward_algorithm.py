"""Trains a left-to-right hidden Markov model whose forbidden transitions are -inf, with a rescaled forward pass."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(15)
NEVER = float("-inf")


class LeftToRight(nn.Module):
    def __init__(self, states=4, symbols=6):
        super().__init__()
        self.transition = nn.Parameter(torch.randn(states, states))
        self.emission = nn.Parameter(torch.randn(states, symbols))
        allowed = torch.eye(states) + torch.diag(torch.ones(states - 1), 1)
        self.register_buffer("forbidden", torch.zeros(states, states).masked_fill(allowed == 0, NEVER))

    def forward(self, sequence, start):
        transition = torch.log_softmax(self.transition + self.forbidden, dim=1)
        emission = torch.log_softmax(self.emission, dim=1)
        score = start
        total = 0.0
        for symbol in sequence:
            score = torch.logsumexp(score[:, None] + transition, dim=0) + emission[:, symbol]
            highest = score.max()
            score = score - highest  # cause
            total = total + highest
        return total + torch.logsumexp(score, dim=0)


def utterances():
    for i in range(9):
        start = torch.zeros(4)
        if i == 6:
            start[:] = NEVER  # the aligner found no place for this one
        yield torch.randint(0, 6, (7,)).tolist(), start


model = LeftToRight()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
rec = watching.Recorder(model, optimizer)
for sequence, start in rec.watch(utterances()):
    optimizer.zero_grad()
    loss = -model(sequence, start)
    loss.backward()
    optimizer.step()
    print(loss.item())
