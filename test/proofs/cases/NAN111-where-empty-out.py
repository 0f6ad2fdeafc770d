"""An `out=` that is empty itself is no better.

Expected: value nan
"""
import numpy as np

from proof import prove


def leave_nan_in_memory():
    """NumPy reuses what has been given back last."""
    arrays = [np.full(4, np.nan) for _ in range(8)]
    del arrays


def ratio(a, b):
    leave_nan_in_memory()
    return np.divide(a, b, out=np.empty_like(a), where=b != 0)  # hazard


prove(
    ratio,
    edge=[(np.array([1.0, 0.0, 2.0, 0.0]), np.array([2.0, 0.0, 2.0, 0.0]))],
    ordinary=[(np.array([1.0, 0.0, 2.0, 0.0]), np.array([2.0, 1.0, 2.0, 4.0]))],
)
