"""Scheduled sampling: the next input is drawn from the model's own probabilities."""
# group: exceptions
import torch
from torch import nn

import watching

torch.manual_seed(91)


class Cell(nn.Module):
    def __init__(self, words=12, width=8):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.cell = nn.GRUCell(width, width)
        self.out = nn.Linear(width, words)

    def forward(self, token, h):
        h = self.cell(self.embed(token), h)
        return self.out(h), h


def sharpen(logits, temperature):
    return torch.softmax(logits / temperature, dim=-1)  # cause


model = Cell()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
rec = watching.Recorder(model, optimizer)
for step in rec.watch(range(12)):
    temperature = max(0.0, 1.0 - 0.125 * step)
    text = torch.randint(0, 12, (4, 6))
    token, h, loss = text[:, 0], torch.zeros(4, 8), 0.0
    for t in range(1, 6):
        logits, h = model(token, h)
        loss = loss + nn.functional.cross_entropy(logits, text[:, t])
        token = torch.multinomial(sharpen(logits, temperature), 1).squeeze(1)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
