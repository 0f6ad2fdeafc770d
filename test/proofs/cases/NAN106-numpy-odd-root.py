"""The odd root of a value of either sign in NumPy.

Expected: value nan
"""
import numpy as np

from proof import prove


def heavy_tails(x):
    y = np.tanh(x)
    return np.power(y, 1 / 3)  # hazard


prove(heavy_tails, edge=[(np.array([-0.5, 0.0, 2.0]),)], ordinary=[(np.array([0.5, 1.5]),)])
