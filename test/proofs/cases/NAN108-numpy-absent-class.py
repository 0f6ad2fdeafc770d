"""No label is of the wanted class.

Expected: value nan
"""
import numpy as np

from proof import prove


def per_class(values, labels, wanted):
    return values[labels == wanted].mean()  # hazard


prove(
    per_class,
    edge=[(np.array([1.0, 2.0]), np.array([0, 0]), 1)],
    ordinary=[(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 1]), 1)],
)
