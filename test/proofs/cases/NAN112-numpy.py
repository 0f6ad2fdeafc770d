"""The covariance of two rows in three dimensions is singular; NumPy inverts what rounding leaves of it, or raises.

Expected: value of 1e[0-9]+|LinAlgError
"""
import numpy as np

from proof import report


def precision(x):
    cov = np.cov(x, rowvar=False)
    return np.linalg.inv(cov)  # hazard


few = precision(np.array([[0.1, 0.2, 0.3], [0.7, 0.5, 0.1]]))
many = precision(np.array([[0.0, 1.0, 5.0], [2.0, 4.0, 1.0], [3.0, 0.0, 2.0], [1.0, 1.0, 0.0], [4.0, 2.0, 3.0]]))
size = np.abs(few).max()
report(size < 1e8, f"value of 1e{int(np.log10(size))}", many.ravel())
