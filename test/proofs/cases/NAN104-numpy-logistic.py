"""exp(x) / (1 + exp(x)) in NumPy.

Expected: value nan
"""
import numpy as np

from proof import prove


def compute(x):
    y = np.exp(x) / (1 + np.exp(x))  # hazard
    return y[0]


prove(
    compute,
    edge=[(np.array([[0.0, 800.0]]),)],
    ordinary=[(np.array([[0.5, 1.0]]),)],
)
