"""Empty bins of a histogram.

Expected: value nan
"""
import numpy as np

from proof import prove


def histogram_entropy(values):
    counts, _ = np.histogram(values, bins=4, range=(0, 4))
    p = counts / counts.sum()
    return -np.sum(p * np.log2(p))  # hazard


prove(
    histogram_entropy,
    edge=[(np.array([0.5, 3.5]),)],
    ordinary=[(np.array([0.5, 1.5, 2.5, 3.5, 3.6]),)],
)
