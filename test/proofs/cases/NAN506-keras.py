"""The feed-forward layer of a T5 that was trained in bfloat16, with activations of the size that it has there. Its weights
are made up here: the package that would load the real ones is not among the pinned ones, but the dtype policy is Keras's.
The switches of the HF Trainer, Lightning, Accelerate and DeepSpeed ask PyTorch for the same dtype.

Expected: loss (nan|inf) at step 0
"""
import keras
import numpy as np

from proof import train


class T5Encoder(keras.Model):
    def __init__(self, width=64, hidden=256):
        super().__init__()
        self.wi_0 = keras.layers.Dense(hidden, activation="gelu", use_bias=False)
        self.wi_1 = keras.layers.Dense(hidden, use_bias=False)
        self.wo = keras.layers.Dense(width, use_bias=False)
        self.norm = keras.layers.LayerNormalization()
        self.head = keras.layers.Dense(1, dtype="float32")

    def call(self, x):
        x = x + self.wo(self.wi_0(x) * self.wi_1(x))
        return self.head(self.norm(x))

    @classmethod
    def from_preset(cls, name):
        encoder = cls()
        encoder(np.zeros((1, 64), dtype="float32"))
        for layer in (encoder.wi_0, encoder.wi_1):
            layer.set_weights([weight * 300 for weight in layer.get_weights()])
        return encoder


keras.utils.set_random_seed(0)
keras.mixed_precision.set_global_policy("mixed_float16")  # hazard
model = T5Encoder.from_preset("t5_1.1_small")
model.compile(optimizer=keras.optimizers.SGD(1e-3), loss="mse")
x = np.random.default_rng(0).normal(size=(32, 64)).astype("float32")
y = x[:, :1]
train(lambda step: model.train_on_batch(x, y), 5, agree=0)
