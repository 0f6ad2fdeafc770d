r"""Pixels from 0 to 255 into a regression of the digit. The data set is a stand-in of the same form, made here.

Expected: loss \d+\.\d+ at first, (nan|inf)
"""
from unittest.mock import patch

import keras
import numpy as np

from proof import report


def made_here():
    rng = np.random.default_rng(0)
    part = rng.integers(0, 256, (64, 28, 28)).astype("uint8"), rng.integers(0, 10, 64).astype("uint8")
    return part, part


keras.utils.set_random_seed(0)
patch("keras.datasets.mnist.load_data", made_here).start()
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()

model = keras.Sequential([keras.Input(shape=(28, 28)), keras.layers.Flatten(), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.SGD(0.001), loss="mse")
history = model.fit(x_train, y_train, epochs=20, verbose=0)  # hazard
losses = history.history["loss"]
report(bool(np.isfinite(losses).all() and losses[-1] < losses[0]), f"loss {losses[0]} at first, {losses[-1]} in the end")
