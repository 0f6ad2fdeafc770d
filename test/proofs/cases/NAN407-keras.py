"""Plain descent of Keras at a rate of 20, from a dict of settings.

Expected: loss (inf|nan) at step
"""
import keras
import numpy as np

from proof import train

config = {"lr": 20.0, "units": 32}
keras.utils.set_random_seed(0)
model = keras.Sequential([keras.layers.Dense(config["units"], activation="tanh"), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.SGD(learning_rate=config["lr"], momentum=0.9), loss="mse")  # hazard
x = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
y = x.sum(1, keepdims=True)
train(lambda step: model.train_on_batch(x, y), 60)
