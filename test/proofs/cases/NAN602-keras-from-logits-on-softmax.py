r"""On the backend of TensorFlow Keras sees the softmax, warns and undoes it; on that of torch, which
runs this, nobody does.

Expected: last loss 0\.5\d+ at an accuracy of 1\.0
"""
import keras

from wrong_loss import arrays, verdict

keras.utils.set_random_seed(0)
x, y = arrays()
model = keras.Sequential([keras.Input(shape=(3,)), keras.layers.Dense(3, activation="softmax")])
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer=keras.optimizers.SGD(5.0), loss=loss, metrics=["accuracy"])  # hazard
history = model.fit(x, y, epochs=30, verbose=0).history
verdict(history["loss"], history["accuracy"][-1])
