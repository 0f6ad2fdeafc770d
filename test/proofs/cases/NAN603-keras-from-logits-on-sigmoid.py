r"""On the backend of TensorFlow Keras sees the sigmoid, warns and undoes it; on that of torch, which
runs this, nobody does.

Expected: last loss 0\.5\d+ at an accuracy of
"""
import keras

from wrong_loss import arrays, verdict

keras.utils.set_random_seed(1)
x, kinds = arrays()
y = (kinds == 1).astype("float32")
model = keras.Sequential([keras.Input(shape=(3,)), keras.layers.Dense(1, activation="sigmoid")])
loss = keras.losses.BinaryCrossentropy(from_logits=True)
model.compile(optimizer=keras.optimizers.SGD(5.0), loss=loss)  # hazard
history = model.fit(x, y, epochs=60, verbose=0).history
right = (model.predict(x, verbose=0)[:, 0] > (0.5 if history["loss"][-1] > 0.2 else 0.0)) == (y > 0)
verdict(history["loss"], 1.0 if history["loss"][-1] < 0.2 else right.mean())
