"""Three labels in the map, two in the model. The model's class is a stand-in for one of transformers: a linear layer
with as many outputs as it is told; what breaks is PyTorch.

Expected: IndexError: Target 2 is out of bounds
"""
import sys
import types

import torch
from torch import nn

from proof import report


class Stub:
    @staticmethod
    def from_pretrained(name, num_labels):
        return nn.Linear(4, num_labels)


sys.modules["transformers"] = types.SimpleNamespace(AutoModelForSequenceClassification=Stub)
from transformers import AutoModelForSequenceClassification  # noqa: E402

torch.manual_seed(0)
label2id = {"negative": 0, "neutral": 1, "positive": 2}
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased", num_labels=2)  # hazard
labels = torch.tensor([label2id[name] for name in ("positive", "neutral", "negative")])
loss = nn.functional.cross_entropy(model(torch.randn(3, 4)), labels)
report(loss.item() < 5, f"loss {loss.item()}")
