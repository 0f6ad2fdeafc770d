r"""Targets padded by hand, and a loss that takes the padding for a class.

Expected: loss \d+\.\d+ where the tokens alone give \d+\.\d+
"""
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from proof import report

criterion = nn.CrossEntropyLoss()  # hazard


def collate(batch):
    targets = pad_sequence(batch, batch_first=True)
    return targets


targets = collate([torch.tensor([1]), torch.tensor([1, 2, 3, 4, 5, 6, 7, 8])])
logits = torch.zeros(2, 8, 9)
logits[..., 0] = 5.0
of_tokens = torch.log(torch.tensor(5.0).exp() + 8)
loss = criterion(logits.flatten(0, 1), targets.flatten()).item()
report(abs(loss - of_tokens.item()) < 1e-4, f"loss {loss} where the tokens alone give {of_tokens.item()}")
