"""NumPy 2 gives the constant the array's dtype: 0 * -inf is NaN at every element that is not masked.

Expected: value nan
"""
import numpy as np

from proof import prove


def masked_softmax(scores, mask):
    mask = mask.astype(np.float16)
    scores = scores + (1 - mask) * -1e9  # hazard
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


prove(
    masked_softmax,
    edge=[(np.array([1.0, 2.0, 3.0], np.float16), np.array([1, 1, 0]))],
    ordinary=[],
)
