"""A stable softmax is not a stable logarithm of it.

Expected: value inf
"""
import numpy as np

from proof import prove


def softmax_loss(scores, y):
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    exps = np.exp(shifted)
    probs = exps / np.sum(exps, axis=1, keepdims=True)
    return -np.sum(np.log(probs[np.arange(len(y)), y])) / len(y)  # hazard


prove(
    softmax_loss,
    edge=[(np.array([[0.0, 800.0]]), np.array([0]))],
    ordinary=[(np.array([[0.0, 8.0]]), np.array([0]))],
)
