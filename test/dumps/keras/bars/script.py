import keras
import numpy as np

random = np.random.default_rng(5)
features = random.normal(size=(96, 4)).astype("float32")
targets = random.normal(size=(96, 1)).astype("float32")
model = keras.Sequential([keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(40.0), "mse", metrics=["mae"])
model.fit(features, targets, batch_size=8, epochs=4, validation_split=0.25)
