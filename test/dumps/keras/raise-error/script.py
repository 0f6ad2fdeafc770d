import keras
import numpy as np

random = np.random.default_rng(5)
features = random.normal(size=(96, 4)).astype("float32")
targets = random.normal(size=(96, 1)).astype("float32")
model = keras.Sequential([keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(1e8), "mse", metrics=["mae"])
stop = keras.callbacks.TerminateOnNaN(raise_error=True)
model.fit(features, targets, batch_size=8, epochs=3, callbacks=[stop])  # blamed
