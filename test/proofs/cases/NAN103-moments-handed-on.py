"""A helper gives mean and variance, and its caller takes the root.

Expected: value nan
"""
import tensorflow as tf

from proof import prove


def moments(x):
    mean = tf.reduce_mean(x, axis=0)
    variance = tf.reduce_mean(tf.square(x), axis=0) - tf.square(mean)  # hazard
    return mean, variance


def deviation(x, root):
    return root(moments(x)[1]).numpy()


prove(
    deviation,
    edge=[(tf.constant([[0.7, 1.3, 2.7]] * 7).numpy(), tf.sqrt)],
    ordinary=[(tf.constant([[1.0], [2.0], [5.0]]).numpy(), tf.sqrt)],
)
