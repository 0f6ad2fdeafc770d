"""The same in NumPy.

Expected: value inf, gradient finite
"""
import numpy as np

from proof import prove


def quotient(a, b, eps=1e-6):
    return a / (b + np.sign(b) * eps)  # hazard


prove(
    quotient,
    edge=[(np.array([1.0, 1.0]), np.array([0.0, 2.0]))],
    ordinary=[(np.array([1.0, 1.0]), np.array([-1.0, 2.0]))],
)
