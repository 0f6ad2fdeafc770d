r"""A copy of padded token ids as labels: the loss is mostly that of the padding. The tokenizer is a stand-in that pads
as transformers' do; what is wrong is the loss.

Expected: loss \d+\.\d+ where the tokens alone give \d+\.\d+
"""
import torch
import torch.nn.functional as F

from proof import report


def tokenizer(texts, padding, return_tensors):
    ids = [[ord(letter) - 96 for letter in text] for text in texts]
    longest = max(map(len, ids))
    return {
        "input_ids": torch.tensor([row + [0] * (longest - len(row)) for row in ids]),
        "attention_mask": torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids]),
    }


def loss_of(texts, logits):
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    labels = batch["input_ids"].clone()  # hazard
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten())


texts = ["a", "abcdefgh"]
logits = torch.zeros(2, 8, 27)
logits[..., 0] = 5.0
of_tokens = torch.log(torch.tensor(1.0).exp().pow(5) + 26)
loss = loss_of(texts, logits).item()
report(abs(loss - of_tokens.item()) < 1e-4, f"loss {loss} where the tokens alone give {of_tokens.item()}")
