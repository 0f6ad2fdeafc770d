"""Keras' callback writes scalars as tensors; the loss is the logarithm of a probability that becomes 0."""

import os
import sys

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(0)
x = np.random.randn(64, 4).astype("float32") * 30
y = (x[:, :1] > 0).astype("float32")
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile(
    optimizer=keras.optimizers.SGD(1.0),
    loss=lambda t, p: tf.reduce_mean(-t * tf.math.log(p) - (1 - t) * tf.math.log(1 - p)),
)
board = keras.callbacks.TensorBoard(sys.argv[1] + "/board", write_graph=False, update_freq="batch")
model.fit(x, y, batch_size=8, epochs=3, verbose=0, callbacks=[board])
folder = os.path.join(sys.argv[1], "board", "train")
os.rename(os.path.join(folder, os.listdir(folder)[0]), os.path.join(sys.argv[1], "events.out.tfevents"))
