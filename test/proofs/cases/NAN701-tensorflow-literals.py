r"""Written down as they were measured, through tf.keras, the input's shape on the first layer.

Expected: loss \d+\.\d+ at first, (nan|inf)
"""
import numpy as np
import tensorflow as tf

from proof import report

tf.keras.utils.set_random_seed(0)
X = np.array([[1, 100_000], [2, 250_000], [3, 300_000], [5, 420_000]])
y = np.array([110.0, 250.0, 320.0, 450.0])

model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(2,))])
model.compile(optimizer="sgd", loss="mse")
history = model.fit(X, y, epochs=10, verbose=0)  # hazard
losses = history.history["loss"]
report(bool(np.isfinite(losses).all() and losses[-1] < losses[0]), f"loss {losses[0]} at first, {losses[-1]} in the end")
