"""NumPy: the angle of a vector with itself, whose cosine rounds over 1.

Expected: value nan
"""
import numpy as np

from proof import prove


def angle(a, b):
    cosine = np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))
    return np.arccos(cosine)  # hazard


rng = np.random.default_rng(0)
vectors = (rng.normal(size=3) for _ in range(1000))
bad = next(v for v in vectors if np.dot(v, v) / (np.linalg.norm(v) * np.linalg.norm(v)) > 1)
prove(angle, edge=[(bad, bad)], ordinary=[(np.array([1.0, 2.0]), np.array([2.0, 1.0]))])
