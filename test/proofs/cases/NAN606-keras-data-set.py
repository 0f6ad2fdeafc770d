r"""A data set with 100 classes and a model with 10. The data set is a stand-in of the same form, made here.

Expected: (InvalidArgumentError|ValueError|IndexError|RuntimeError|loss nan)
"""
from unittest.mock import patch

import keras
import numpy as np

from proof import report


def made_here():
    rng = np.random.default_rng(0)
    part = rng.integers(0, 256, (200, 4, 4, 3)).astype("uint8"), (np.arange(200) % 100).reshape(-1, 1)
    return part, part


keras.utils.set_random_seed(0)
patch("keras.datasets.cifar100.load_data", made_here).start()
(x_train, y_train), _ = keras.datasets.cifar100.load_data()
x_train = x_train / 255.0
model = keras.Sequential([keras.Input(shape=(4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
history = model.fit(x_train, y_train, verbose=0)  # hazard
loss = history.history["loss"][-1]
report(bool(np.isfinite(loss)), f"loss {loss}")
