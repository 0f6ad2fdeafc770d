"""A histogram that counts from whatever was in memory.

Expected: value nan
"""
import numpy as np

from proof import prove


def leave_nan_in_memory():
    """NumPy reuses what has been given back last."""
    arrays = [np.full(4, np.nan) for _ in range(8)]
    del arrays


def histogram(bins):
    leave_nan_in_memory()
    counts = np.empty(4)  # hazard
    for bin in bins:
        counts[bin] += 1
    return counts


prove(histogram, edge=[(np.array([0, 1, 1]),)], ordinary=[])
