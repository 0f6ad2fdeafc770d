"""multiply_no_nan around a logarithm.

Expected: value finite, gradient nan
"""
import tensorflow as tf

from proof import prove


def masked_log(x, mask):
    return tf.math.multiply_no_nan(tf.math.log(x), mask)  # hazard


prove(
    masked_log,
    edge=[(tf.constant([0.0, 2.0]), tf.constant([0.0, 1.0]))],
    ordinary=[(tf.constant([1.0, 2.0]), tf.constant([1.0, 1.0]))],
)
