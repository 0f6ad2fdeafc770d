r"""Keras: classes of a single unit: the loss is 0 from the start.

Expected: loss -?0\.0
"""
import keras
import numpy as np

from proof import report

keras.utils.set_random_seed(0)
x = np.random.default_rng(0).normal(size=(64, 2)).astype("float32")
y = (x[:, :1] > 0).astype("float32")
model = keras.Sequential([keras.Input(shape=(2,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile(optimizer="adam", loss="categorical_crossentropy")
history = model.fit(x, y, epochs=2, verbose=0)  # hazard
loss = history.history["loss"][-1]
report(loss > 0.01, f"loss {round(loss, 3)}")
