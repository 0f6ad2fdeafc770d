"""A column with the same value in every row, standardised a feature at a time.

Expected: edge 0: value nan
"""
import numpy as np

from proof import prove


def standardise(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)  # hazard


with np.errstate(invalid="ignore"):
    prove(
        standardise,
        edge=[(np.array([[1.0, 5.0], [2.0, 5.0]]),)],
        ordinary=[(np.array([[1.0, 500.0], [2.0, 100.0]]),)],
    )
