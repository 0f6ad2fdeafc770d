"""Log-sum-exp in NumPy.

Expected: value inf
"""
import numpy as np

from proof import prove


def compute(x):
    y = np.log(np.sum(np.exp(x), axis=1))  # hazard
    return y[0]


prove(
    compute,
    edge=[(np.array([[0.0, 800.0]]),)],
    ordinary=[(np.array([[0.5, 1.0]]),)],
)
