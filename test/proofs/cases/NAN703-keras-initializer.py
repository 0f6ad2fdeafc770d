r"""A Keras layer with weights of about 1, a few times over.

Expected: the output is (inf|nan)
"""
import keras
import numpy as np

from proof import report

keras.utils.set_random_seed(0)
model = keras.Sequential([keras.Input(shape=(256,))])
for _ in range(40):
    model.add(keras.layers.Dense(256, kernel_initializer=keras.initializers.RandomNormal(stddev=1.0)))  # hazard
largest = float(np.abs(model.predict(np.random.default_rng(0).normal(size=(4, 256)), verbose=0)).max())
report(largest < 1e6, f"the output is {largest}")
