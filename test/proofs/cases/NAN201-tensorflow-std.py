"""A std in TensorFlow, of equal values.

Expected: value finite, gradient nan
"""
import tensorflow as tf

from proof import prove


def spread(x):
    return tf.math.reduce_std(x, axis=0)  # hazard


prove(
    spread,
    edge=[(tf.constant([[1.0], [1.0]]),)],
    ordinary=[(tf.constant([[1.0], [3.0]]),)],
)
