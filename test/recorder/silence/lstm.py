"""A packed LSTM over padded sequences, with its state carried across chunks."""
import torch
from fingerprint import report
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import watching

torch.manual_seed(15)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(20, 12, padding_idx=0)
        self.rnn = nn.LSTM(12, 16, num_layers=2, dropout=0.2, batch_first=True)
        self.out = nn.Linear(16, 4)

    def forward(self, tokens, lengths, state=None):
        packed = pack_padded_sequence(self.embed(tokens), lengths, batch_first=True, enforce_sorted=False)
        output, state = self.rnn(packed, state)
        return self.out(pad_packed_sequence(output, batch_first=True, total_length=tokens.shape[1])[0]), state


model = Tagger()
optimizer = torch.optim.Adagrad(model.parameters(), lr=0.02)
rec = watching.Recorder(model, optimizer)
losses, state = [], None
for _ in rec.watch(range(40)):
    lengths = torch.randint(1, 8, (5,))
    tokens = torch.randint(1, 20, (5, 7)) * (torch.arange(7) < lengths[:, None])
    labels = torch.where(tokens > 0, tokens % 4, -100)
    logits, state = model(tokens, lengths, state)
    state = tuple(part.detach() for part in state)
    loss = nn.functional.cross_entropy(logits.transpose(1, 2), labels)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    losses.append(loss.item())
report(model, losses)
