"""The training part's mean and deviation, used for both parts.

Expected: edge 0: value nan
"""
import numpy as np

from proof import prove


def scale(X_train, X_test):
    mean = X_train.mean(axis=0)
    std = X_train.std(axis=0)
    train = (X_train - mean) / std  # hazard
    test = (X_test - mean) / std  # hazard
    return train, test


same = np.array([[1.0, 5.0], [2.0, 5.0]])
other = np.array([[100.0, 500.0], [200.0, 100.0]])
with np.errstate(invalid="ignore"):
    prove(scale, edge=[(same, same)], ordinary=[(other, other)])
