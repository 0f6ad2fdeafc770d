"""Every label is padding, so that nothing is counted.

Expected: ZeroDivisionError
"""
import math

import torch

from proof import report


def accuracy(batches):
    hits, seen = 0.0, 0
    for predicted, label in batches:
        if label < 0:
            continue
        hits += float(predicted == label)
        seen += 1
    return hits / seen  # hazard


labels = torch.full((3,), -100).tolist()
result = accuracy(zip([1, 2, 0], labels))
report(math.isfinite(result), f"accuracy {result}", [accuracy([(1, 1), (2, 0)])])
