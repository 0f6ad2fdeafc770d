import keras
import numpy as np
import tensorflow as tf

tf.debugging.enable_check_numerics()
random = np.random.default_rng(3)
features = random.normal(size=(64, 4)).astype("float32")
targets = random.normal(size=(64, 1)).astype("float32")
features[40, 2] = np.nan
model = keras.Sequential([keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(features, targets, batch_size=8, epochs=2, shuffle=False)  # blamed
