r"""The last layer has no activation, and the loss takes its scores for probabilities: it clips them.

Expected: last loss [1-9]\d*\.\d+ at an accuracy of
"""
import keras

from wrong_loss import arrays, verdict

keras.utils.set_random_seed(0)
x, y = arrays()
model = keras.Sequential([keras.Input(shape=(3,)), keras.layers.Dense(3)])
model.compile(optimizer=keras.optimizers.SGD(5.0), loss="sparse_categorical_crossentropy", metrics=["accuracy"])  # hazard
history = model.fit(x, y, epochs=30, verbose=0).history
verdict(history["loss"], history["accuracy"][-1])
