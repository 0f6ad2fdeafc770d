"""np.clip as a statement.

Expected: value -inf, gradient finite
"""
import numpy as np

from proof import prove


def log_prob(p):
    np.clip(p, 1e-7, 1 - 1e-7)  # hazard
    return np.log(p)


prove(
    log_prob,
    edge=[(np.array([0.0, 0.5]),)],
    ordinary=[(np.array([0.25, 0.5]),)],
)
