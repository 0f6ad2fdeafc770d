r"""One label is a regression for transformers. The model is a stand-in that chooses its loss as theirs does; what is
wrong is the loss.

Expected: outputs \(2, 1\)
"""
import sys
import types

import torch
from torch import nn

from proof import report


class Stub(nn.Module):
    def __init__(self, num_labels, problem_type=None):
        super().__init__()
        self.head = nn.Linear(4, num_labels)

    @staticmethod
    def from_pretrained(name, **options):
        return Stub(**options)

    def forward(self, x):
        return self.head(x)


sys.modules["transformers"] = types.SimpleNamespace(AutoModelForSequenceClassification=Stub)
from transformers import AutoModelForSequenceClassification  # noqa: E402

label2id = {"ham": 0, "spam": 1}
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased", num_labels=1)  # hazard
shape = tuple(model(torch.randn(2, 4)).shape)
report(shape[1] == len(label2id), f"outputs {shape}")
