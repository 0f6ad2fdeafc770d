"""Relation extraction; documents without entities are skipped with continue."""
# group: mechanics
import torch
from torch import nn

import watching

torch.manual_seed(66)


class Relations(nn.Module):
    def __init__(self):
        super().__init__()
        self.entity = nn.Linear(12, 8)
        self.pair = nn.Bilinear(8, 8, 2)

    def forward(self, entities):
        h = torch.tanh(self.entity(entities))
        head, tail = torch.triu_indices(len(h), len(h), offset=1)
        return self.pair(h[head], h[tail])


def pair_loss(logits, labels):
    related = labels.sum()
    per_pair = nn.functional.cross_entropy(logits, labels, reduction="none")
    return per_pair.mean() + (per_pair * labels).sum() / related  # cause


model = Relations()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
skipped = 0
for document in rec.watch(range(40)):
    count = int(torch.randint(0, 8, ()))
    if count < 2:
        skipped += 1
        continue
    labels = (torch.rand(count * (count - 1) // 2) < 0.7).long()
    loss = pair_loss(model(torch.randn(count, 12)), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("skipped", skipped)
