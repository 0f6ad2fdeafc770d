r"""A list of lists; what it is standardised to is an array.

Expected: loss \d+\.\d+ at first, (nan|inf)
"""
import keras
import numpy as np

from proof import report

keras.utils.set_random_seed(0)
X = [[1, 100_000], [2, 250_000], [3, 300_000], [5, 420_000]]
y = np.array([110.0, 250.0, 320.0, 450.0])

model = keras.Sequential()
model.add(keras.Input(shape=(2,)))
model.add(keras.layers.Dense(1))
model.compile(optimizer="sgd", loss="mse")
history = model.fit(np.array(X), y, epochs=10, verbose=0)  # hazard
losses = history.history["loss"]
report(bool(np.isfinite(losses).all() and losses[-1] < losses[0]), f"loss {losses[0]} at first, {losses[-1]} in the end")
