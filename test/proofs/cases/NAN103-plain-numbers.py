"""Plain Python numbers raise an error where an array gives NaN.

Expected: ValueError: (math domain error|expected a nonnegative input)
"""
import math

import numpy as np

from proof import report


def deviation(values):
    mean = sum(values) / len(values)
    mean_sq = sum(value * value for value in values) / len(values)
    return math.sqrt(mean_sq - mean**2)  # hazard


report(np.isfinite(deviation([0.1] * 3)), "a deviation", [deviation([1.0, 2.0, 6.0])])
