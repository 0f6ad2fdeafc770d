"""By the range, a feature at a time.

Expected: edge 0: value nan
"""
import numpy as np

from proof import prove


def minmax(X):
    return (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))  # hazard


with np.errstate(invalid="ignore"):
    prove(
        minmax,
        edge=[(np.array([[1.0, 5.0], [2.0, 5.0]]),)],
        ordinary=[(np.array([[1.0, 500.0], [200.0, 100.0]]),)],
    )
