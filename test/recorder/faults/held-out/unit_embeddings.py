"""TransE-like knowledge graph embeddings; entities are put back on the unit sphere after every step."""
# group: mechanics
# truth: before
import torch
from torch import nn

import watching

torch.manual_seed(69)


class TransE(nn.Module):
    def __init__(self, entities=20, relations=3, width=8):
        super().__init__()
        self.entity = nn.Embedding(entities, width)
        self.relation = nn.Embedding(relations, width)

    def forward(self, head, relation, tail):
        return (self.entity(head) + self.relation(relation) - self.entity(tail)).abs().sum(1)


@torch.no_grad()
def normalise(weight):
    weight.div_(weight.norm(dim=1, keepdim=True))  # cause


@torch.no_grad()
def forget(weight, index):
    weight[index] = 0.0


model = TransE()
optimizer = torch.optim.Adagrad(model.parameters(), lr=0.05)
rec = watching.Recorder(model, optimizer)
for step in rec.watch(range(20)):
    head, tail = torch.randint(0, 19, (2, 16))
    if step == 13:
        head[0] = 19
    relation = torch.randint(0, 3, (16,))
    corrupted = tail[torch.randperm(16)]
    loss = (1 + model(head, relation, tail) - model(head, relation, corrupted)).relu().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step == 8:
        forget(model.entity.weight, 19)  # asked for by the person that it describes
    normalise(model.entity.weight)
