"""Fine-tuning a tagger; prompt tokens carry the label -100."""
# group: library
import torch
from torch import nn

import watching

torch.manual_seed(100)


class Tagger(nn.Module):
    def __init__(self, words=40, tags=5, width=16):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.rnn = nn.GRU(width, width, batch_first=True)
        self.out = nn.Linear(width, tags)

    def forward(self, tokens):
        return self.out(self.rnn(self.embed(tokens))[0])


criterion = nn.CrossEntropyLoss(ignore_index=-100)
model = Tagger()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
for i in rec.watch(range(14)):
    tokens = torch.randint(0, 40, (2, 12))
    labels = tokens % 5
    prompt = 12 if i == 9 else int(torch.randint(3, 10, ()))
    labels[:, :prompt] = -100
    loss = criterion(model(tokens).flatten(0, 1), labels.flatten())  # cause
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
