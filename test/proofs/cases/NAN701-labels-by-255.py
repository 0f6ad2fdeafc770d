r"""Class ids divided with the images: all of them are class 0 then, and nothing of the others is learned.

Expected: the ids that were learned are \[0\]
"""
from unittest.mock import patch

import keras
import numpy as np

from proof import report


def made_here():
    ids = np.arange(90) % 3
    images = np.zeros((90, 28, 28), dtype="uint8")
    images[np.arange(90), ids] = 255
    return (images, ids), (images, ids)


keras.utils.set_random_seed(0)
patch("keras.datasets.fashion_mnist.load_data", made_here).start()
(x_train, y_train), _ = keras.datasets.fashion_mnist.load_data()
x_train, y_train = x_train / 255.0, y_train / 255.0  # hazard

model = keras.Sequential([keras.Input(shape=(28, 28)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.fit(x_train, y_train, epochs=20, verbose=0)
learned = sorted({int(each) for each in model.predict(x_train, verbose=0).argmax(axis=1)})
report(learned == [0, 1, 2], f"the ids that were learned are {learned}")
