"""No score is above the threshold, so that the list of those that are has no length.

Expected: ZeroDivisionError
"""
import math

import torch

from proof import report


def average(scores, threshold):
    kept = [score for score in scores if score > threshold]
    return sum(kept) / len(kept)  # hazard


seen = average(torch.tensor([0.1, 0.2]).tolist(), 0.5)
report(math.isfinite(seen), f"average {seen}", [average([0.5, 1.0], 0.25)])
