"""A mask that is true everywhere keeps the missing targets, and the mean is NaN.

Expected: edge 0: value nan
"""
import numpy as np

from proof import prove


def valid_error(targets, predictions):
    keep = targets != np.nan  # hazard
    return np.abs(targets[keep] - predictions[keep]).mean()


prove(
    valid_error,
    edge=[(np.array([1.0, np.nan]), np.array([0.5, 0.5]))],
    ordinary=[(np.array([1.0, 2.0]), np.array([0.5, 0.5]))],
)
