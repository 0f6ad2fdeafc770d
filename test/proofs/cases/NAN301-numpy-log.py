"""An epsilon added to a logarithm in NumPy.

Expected: value nan, gradient finite
"""
import numpy as np

from proof import prove


def entropy(p):
    p = np.asarray(p)
    return -(p * (np.log(p) + 1e-12)).sum()  # hazard


prove(
    entropy,
    edge=[(np.array([0.0, 1.0]),)],
    ordinary=[(np.array([0.5, 0.5]),)],
)
