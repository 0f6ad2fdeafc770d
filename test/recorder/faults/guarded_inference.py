"""Scores a stream of documents with a trained model; no gradients."""
# group: mechanics
import torch
from torch import nn

import watching

torch.manual_seed(68)


class TfIdf(nn.Module):
    def __init__(self, words=30):
        super().__init__()
        self.register_buffer("rarity", torch.rand(words) + 0.5)
        self.score = nn.Linear(words, 1)

    def forward(self, counts):
        frequency = counts / counts.sum(1, keepdim=True)  # cause
        return self.score(frequency * self.rarity)


model = TfIdf().eval()
rec = watching.Recorder(model, torch.optim.SGD(model.parameters(), lr=0.1))
scores = []
for page in range(10):
    counts = torch.poisson(torch.full((6, 30), 0.8))
    if page == 7:
        counts[2] = 0
    with torch.no_grad(), rec.guard():
        scores.append(model(counts))
print(torch.cat(scores).mean().item())
