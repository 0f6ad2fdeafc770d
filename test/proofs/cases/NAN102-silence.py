"""A silent recording is divided by its loudest sample, which is 0.

Expected: value nan
"""
import numpy as np

from proof import prove


def loudest(wave):
    return wave / np.max(np.abs(wave))  # hazard


prove(loudest, edge=[(np.zeros(4),)], ordinary=[(np.array([0.1, -0.5, 0.25]),)])
