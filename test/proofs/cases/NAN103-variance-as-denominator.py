"""The root is divided by, so that 0 would do no good either.

Expected: value nan
"""
import numpy as np

from proof import prove


def standardise(x, mean, mean_sq):
    return (x - mean) / np.sqrt(mean_sq - mean * mean)  # hazard


equal = np.full(3, 0.1)
other = np.array([1.0, 2.0, 6.0])
prove(
    standardise,
    edge=[(equal, equal.sum() / 3, (equal**2).sum() / 3)],
    ordinary=[(other, other.mean(), (other**2).mean())],
)
