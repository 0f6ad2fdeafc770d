r"""What a model says of a text depends on how long its neighbour is. Tokenizer and model are stand-ins for those of
transformers, made of PyTorch's own attention; what is wrong is the result.

Expected: moved by [1-9]\d*\.\d+
"""
import sys
import types

import torch
from torch import nn

from proof import report


class Tokenizer:
    @staticmethod
    def from_pretrained(name):
        return Tokenizer()

    def __call__(self, texts, padding, return_tensors):
        ids = [[ord(letter) - 96 for letter in text] for text in texts]
        longest = max(map(len, ids))
        return {
            "input_ids": torch.tensor([row + [0] * (longest - len(row)) for row in ids]),
            "attention_mask": torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids]),
        }


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(27, 8)
        self.attention = nn.MultiheadAttention(8, 1, batch_first=True)

    @staticmethod
    def from_pretrained(name):
        return Encoder()

    def forward(self, input_ids, attention_mask=None):
        x = self.table(input_ids)
        hidden = None if attention_mask is None else attention_mask == 0
        return types.SimpleNamespace(last_hidden_state=100 * self.attention(x, x, x, key_padding_mask=hidden)[0])


sys.modules["transformers"] = types.SimpleNamespace(AutoModel=Encoder, AutoTokenizer=Tokenizer)
from transformers import AutoModel, AutoTokenizer  # noqa: E402

tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
model = AutoModel.from_pretrained("bert-base-uncased")


def embed(texts):
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    return model(batch["input_ids"]).last_hidden_state[:, 0]  # hazard


alone, beside = embed(["abc"])[0], embed(["abc", "abcdefghijklm"])[0]
moved = (alone - beside).abs().max().item()
report(moved < 1e-3, f"moved by {moved}")
