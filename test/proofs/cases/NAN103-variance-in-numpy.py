"""The same in NumPy, where 0 is all that is wanted.

Expected: value nan
"""
import numpy as np

from proof import prove


def spread(total, total_squares, count):
    mean = total / count
    return np.sqrt(total_squares / count - mean**2)  # hazard


x = np.full((3, 2), 0.1)
y = np.array([[1.0, 2.0], [3.0, 1.0], [4.0, 4.0]])
prove(
    spread,
    edge=[(x.sum(0), (x**2).sum(0), 3)],
    ordinary=[(y.sum(0), (y**2).sum(0), 3)],
)
