"""Softmax by hand in TensorFlow.

Expected: value nan, gradient nan
"""
import tensorflow as tf

from proof import prove


def compute(x):
    e = tf.exp(x)  # hazard
    y = e / tf.reduce_sum(e, axis=-1, keepdims=True)
    return y[0]


prove(
    compute,
    edge=[(tf.constant([[0.0, 100.0]]),)],
    ordinary=[(tf.constant([[0.5, 1.0]]),)],
)
