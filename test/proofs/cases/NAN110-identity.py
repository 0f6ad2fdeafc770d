"""A number that was computed is another object than np.nan, in a list as well.

Expected: kept nan
"""
import math

import numpy as np

from proof import report

rows = np.array([[1.0], [np.inf], [2.0]]) * np.array([[1.0], [0.0], [1.0]])
kept = [float(row[0]) for row in rows if row[0] is not np.nan]  # hazard
report(not any(math.isnan(value) for value in kept), f"kept {sum(kept)}", [kept[0]])
