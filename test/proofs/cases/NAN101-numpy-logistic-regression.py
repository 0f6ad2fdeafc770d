"""Logistic regression from scratch, with a sigmoid of its own.

Expected: value nan
"""
import numpy as np

from proof import prove


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cost(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    return -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))  # hazard: 2


prove(
    cost,
    edge=[(np.array([[50.0]]), 0.0, np.array([[1.0, -1.0]]), np.array([[1.0, 0.0]]))],
    ordinary=[(np.array([[0.5]]), 0.0, np.array([[1.0, -1.0]]), np.array([[1.0, 0.0]]))],
)
