"""Without `out=`, what `where=` leaves out is as the memory was.

Expected: value nan
"""
import numpy as np

from proof import prove


def leave_nan_in_memory():
    """NumPy reuses what has been given back last."""
    arrays = [np.full(4, np.nan) for _ in range(8)]
    del arrays


def entropy(p):
    leave_nan_in_memory()
    return -np.sum(p * np.log(p, where=p > 0))  # hazard


def precision(hits, shots):
    leave_nan_in_memory()
    return np.divide(hits, shots, where=shots != 0)  # hazard


def both(p, hits, shots):
    return np.append(precision(hits, shots), entropy(p))


prove(
    both,
    edge=[(np.array([0.5, 0.0, 0.25, 0.25]), np.array([1.0, 0.0, 2.0, 0.0]), np.array([2.0, 0.0, 2.0, 0.0]))],
    ordinary=[(np.array([0.4, 0.1, 0.25, 0.25]), np.array([1.0, 0.0, 2.0, 0.0]), np.array([2.0, 1.0, 2.0, 4.0]))],
)
