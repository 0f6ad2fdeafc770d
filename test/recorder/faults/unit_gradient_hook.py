"""Gradients of an embedding table are rescaled to unit length by a hook."""
# group: backward
import torch
from torch import nn

import watching

torch.manual_seed(44)


def unit_length(gradient):
    return gradient / gradient.norm()  # cause


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(20, 8)
        self.suffixes = nn.Embedding(6, 8)
        self.gate = nn.Parameter(torch.tensor(0.5))
        self.out = nn.Linear(8, 4)

    def forward(self, word, suffix):
        return self.out(self.words(word) + torch.relu(self.gate) * self.suffixes(suffix))


model = Tagger()
model.suffixes.weight.register_hook(unit_length)
optimizer = torch.optim.SGD(
    [{"params": [model.gate], "lr": 0.4}, {"params": [p for n, p in model.named_parameters() if n != "gate"]}], lr=0.1
)
rec = watching.Recorder(model, optimizer)
for step in rec.watch(range(40)):
    word, suffix = torch.randint(0, 20, (16,)), torch.randint(0, 6, (16,))
    loss = nn.functional.cross_entropy(model(word, suffix), word % 4) + 0.5 * model.gate
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
