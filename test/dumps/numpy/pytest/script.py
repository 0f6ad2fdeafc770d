import numpy as np


def entropy(shares):
    return -(shares * np.log(shares)).sum()  # blamed


def test_half():
    assert entropy(np.array([0.5, 0.5])) > 0


def test_sure():
    assert entropy(np.array([1.0, 0.0])) == 0
