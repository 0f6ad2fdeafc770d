"""Word prediction with log-probabilities written out, and a learning rate that is too high."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(12)


def log_probabilities(logits):
    return logits - logits.exp().sum(dim=-1, keepdim=True).log()  # cause


class Bigram(nn.Module):
    def __init__(self, words=20, width=12):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.out = nn.Linear(width, words)

    def forward(self, word):
        return log_probabilities(self.out(self.embed(word)))


text = torch.randint(0, 20, (2000,))
model = Bigram()
optimizer = torch.optim.SGD(model.parameters(), lr=150.0)
rec = watching.Recorder(model, optimizer)
for start in rec.watch(range(0, 1984, 64)):
    here, following = text[start : start + 64], text[start + 1 : start + 65]
    loss = -model(here).gather(1, following[:, None]).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
