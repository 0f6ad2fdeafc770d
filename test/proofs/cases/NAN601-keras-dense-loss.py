"""Keras: a dense loss is fed class ids.

Expected: (ValueError|RuntimeError|InvalidArgumentError)
"""
import keras
import numpy as np

from proof import report

keras.utils.set_random_seed(0)
x = np.random.default_rng(0).normal(size=(60, 3))
y = np.argmax(x, axis=1)
model = keras.Sequential([keras.Input(shape=(3,)), keras.layers.Dense(3, activation="softmax")])
model.compile(optimizer=keras.optimizers.SGD(1.0), loss="categorical_crossentropy")
history = model.fit(x, y, epochs=10, verbose=0)  # hazard
losses = history.history["loss"]
report(losses[-1] < losses[0], f"loss {losses[0]} at first, {losses[-1]} in the end")
