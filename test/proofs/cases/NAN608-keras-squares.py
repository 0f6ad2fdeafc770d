r"""Keras: a softmax that is to be equal to a class id. The data set is a stand-in of the same form, made here.

Expected: accuracy 0\.[0-7]\d*
"""
from unittest.mock import patch

import keras
import numpy as np

from proof import report


def made_here():
    ids = np.arange(200) % 10
    images = np.zeros((200, 10, 10), dtype="uint8")
    images[np.arange(200), ids] = 255
    return (images, ids), (images, ids)


keras.utils.set_random_seed(0)
patch("keras.datasets.mnist.load_data", made_here).start()
(x_train, y_train), _ = keras.datasets.mnist.load_data()
x_train = x_train / 255.0
model = keras.Sequential([keras.Input(shape=(10, 10)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
model.compile(optimizer="adam", loss="mse")
model.fit(x_train, y_train[:, None], epochs=30, verbose=0)  # hazard
accuracy = float((model.predict(x_train, verbose=0).argmax(axis=1) == y_train).mean())
report(accuracy > 0.9, f"accuracy {accuracy}")
