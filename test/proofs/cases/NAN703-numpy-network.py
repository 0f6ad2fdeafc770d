r"""A network written by hand: its tanh is saturated from the start, and the hidden layer has no gradient.

Expected: 0\.\d+ of the hidden units can learn
"""
import numpy as np

from proof import report

rng = np.random.RandomState(0)
np.random.seed(0)
X = rng.normal(size=(64, 400))


class Network:
    def __init__(self, inputs, hidden):
        self.W1 = np.random.randn(inputs, hidden)  # hazard

    def forward(self, X):
        return np.tanh(X.dot(self.W1))

    def step(self, dW, rate):
        self.W1 -= rate * dW


slope = 1 - Network(400, 50).forward(X) ** 2
share = float((slope > 0.1).mean())
report(share > 0.9, f"{share} of the hidden units can learn")
