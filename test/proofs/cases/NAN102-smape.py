"""A forecast of 0 for an actual 0: the symmetric percentage error divides 0 by 0.

Expected: value (nan|inf)
"""
import numpy as np

from proof import prove


def smape(forecast, actual):
    return 2 * np.abs(forecast - actual) / (np.abs(forecast) + np.abs(actual))  # hazard


prove(
    smape,
    edge=[(np.array([0.0, 1.0]), np.array([0.0, 2.0]))],
    ordinary=[(np.array([1.0, 3.0]), np.array([2.0, 2.5]))],
)
