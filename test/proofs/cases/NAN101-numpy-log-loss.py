"""The fifth story: log loss in NumPy on predictions with an exact 0 and an exact 1.

Expected: edge 0: value inf, gradient finite; edge 1: value nan, gradient finite
"""
import numpy as np

from proof import prove


def log_loss(y_true, y_pred):
    return -np.mean(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred))  # hazard: 2


prove(
    log_loss,
    edge=[
        (np.array([1.0, 0.0]), np.array([0.0, 0.5])),
        (np.array([1.0, 0.0]), np.array([1.0, 0.0])),
        (np.array([1.0, 0.0], dtype=np.float32), np.array([0.0, 1.0], dtype=np.float32)),
    ],
    ordinary=[(np.array([1.0, 0.0]), np.array([0.8, 0.3]))],
)
