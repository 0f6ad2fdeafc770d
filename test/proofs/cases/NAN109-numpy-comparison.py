"""Costs above a limit in NumPy.

Expected: value nan, gradient finite
"""
import numpy as np

from proof import prove


def limited(costs):
    return np.minimum(costs + (costs > 2.0) * np.inf, 100.0)  # hazard


prove(
    limited,
    edge=[(np.array([1.0, 3.0]),)],
    ordinary=[(np.array([3.0, 4.0]),)],
)
