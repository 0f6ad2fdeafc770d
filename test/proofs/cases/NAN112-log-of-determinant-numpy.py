"""The same in NumPy, in more dimensions.

Expected: value -inf
"""
import numpy as np

from proof import prove


def volume(weight):
    return np.log(np.linalg.det(weight))  # hazard


prove(volume, edge=[(1e-5 * np.eye(80),)], ordinary=[(np.array([[2.0, 0.5], [0.5, 1.0]]),)])
