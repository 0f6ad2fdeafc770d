"""NumPy warns once and goes on with NaN.

Expected: value nan
"""
import numpy as np

from proof import prove


def standardise(features):
    return (features - features.mean(axis=0)) / features.std(axis=0)  # hazard


constant = np.array([[1.0, 5.0], [2.0, 5.0], [4.0, 5.0]])
ordinary = np.array([[1.0, 5.0], [2.0, 4.0], [4.0, 9.0]])
prove(standardise, edge=[(constant,)], ordinary=[(ordinary,)])
