r"""The last layer has no activation: the loss clips its scores, and where they are clipped there is no gradient.

Expected: last loss \d+\.\d+ at an accuracy of
"""
import keras

from wrong_loss import arrays, verdict

keras.utils.set_random_seed(1)
x, kinds = arrays()
y = (kinds == 1).astype("float32")
model = keras.Sequential([keras.Input(shape=(3,)), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.SGD(5.0), loss="binary_crossentropy", metrics=["accuracy"])  # hazard
history = model.fit(x, y, epochs=60, verbose=0).history
verdict(history["loss"], history["accuracy"][-1] if history["loss"][-1] > 0.2 else 1.0)
