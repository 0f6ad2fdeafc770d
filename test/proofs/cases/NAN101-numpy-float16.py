"""The same in float16, where 1e-8 and 1e-12 are 0 and 1 - 1e-4 is 1.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: value inf
"""
import numpy as np

from proof import prove


def negative_log_likelihood(scores):
    p = (1 / (1 + np.exp(-scores))).astype(np.float16)
    return -np.log(1 - p).mean()  # hazard


prove(
    negative_log_likelihood,
    edge=[(np.array([20.0, 0.0]),)],
    ordinary=[(np.array([0.5, -0.5]),)],
)
