"""Scores above a limit in TensorFlow.

Expected: value nan, gradient (finite|nan)
"""
import tensorflow as tf

from proof import prove


def masked(scores):
    mask = tf.cast(scores > 2.0, tf.float32)
    return tf.exp(scores - mask * float("inf"))  # hazard


prove(
    masked,
    edge=[(tf.constant([1.0, 3.0]),)],
    ordinary=[(tf.constant([3.0, 4.0]),)],
)
