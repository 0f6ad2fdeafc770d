r"""A regression on two raw columns, one of them 100,000 times the other.

Expected: loss \d+\.\d+ at first, (nan|inf)
"""
import keras
import numpy as np

from proof import report

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
rooms = rng.integers(1, 8, size=200)
area = rng.uniform(100_000, 500_000, size=200)
X = np.column_stack([rooms, area]).astype("float32")
y = (40.0 * rooms + 0.001 * area).astype("float32")

model = keras.Sequential([keras.Input(shape=(2,)), keras.layers.Dense(1)])
model.compile(optimizer="sgd", loss="mse")
history = model.fit(X, y, epochs=10, batch_size=200, verbose=0)  # hazard
losses = history.history["loss"]
report(bool(np.isfinite(losses).all() and losses[-1] < losses[0]), f"loss {losses[0]} at first, {losses[-1]} in the end")
