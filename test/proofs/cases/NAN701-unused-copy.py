r"""The scaled copy is made, and the model is given the features as they were. The scaler is a stand-in for
scikit-learn's; what breaks is Keras.

Expected: loss \d+\.\d+ at first, (nan|inf)
"""
import sys
import types

import keras
import numpy as np

from proof import report


class Scaler:
    def fit_transform(self, X):
        return (X - X.mean(axis=0)) / X.std(axis=0)


sys.modules["sklearn"] = types.ModuleType("sklearn")
sys.modules["sklearn.preprocessing"] = types.SimpleNamespace(StandardScaler=Scaler)
from sklearn.preprocessing import StandardScaler  # noqa: E402

keras.utils.set_random_seed(0)
X = np.array([[1, 100_000], [2, 250_000], [3, 300_000], [5, 420_000]])
y = np.array([110.0, 250.0, 320.0, 450.0])
scaler = StandardScaler()
X_scaled = scaler.fit_transform(X)

model = keras.Sequential([keras.Input(shape=(2,)), keras.layers.Dense(1)])
model.compile(optimizer="sgd", loss="mse")
history = model.fit(X, y, epochs=10, verbose=0)  # hazard
losses = history.history["loss"]
report(bool(np.isfinite(losses).all() and losses[-1] < losses[0]), f"loss {losses[0]} at first, {losses[-1]} in the end")
