"""A normalisation in TensorFlow, of a feature that is constant.

Expected: value nan
"""
import tensorflow as tf

from proof import prove


def normalise(x):
    mean = tf.reduce_mean(x, axis=0)
    variance = tf.reduce_mean(tf.square(x), axis=0) - tf.square(mean)
    return (x - mean) * tf.math.rsqrt(variance)  # hazard


prove(
    normalise,
    edge=[(tf.constant([[0.7, 1.3, 2.7]] * 7),)],
    ordinary=[(tf.constant([[1.0], [2.0], [5.0]]),)],
)
