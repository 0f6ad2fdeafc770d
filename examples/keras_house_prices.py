"""Keras regression of house prices on two raw columns: rooms and plot area in square feet."""
import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)

rooms = rng.integers(1, 8, size=1000)
area = rng.uniform(100_000, 500_000, size=1000)
X = np.column_stack([rooms, area]).astype("float32")
y = (40.0 * rooms + 0.001 * area + rng.normal(0, 5, size=1000)).astype("float32")

model = keras.Sequential([keras.Input(shape=(2,)), keras.layers.Dense(1)])
model.compile(optimizer="sgd", loss="mse")
history = model.fit(X, y, epochs=8, batch_size=len(X), verbose=2)
print("loss per epoch:", history.history["loss"])
