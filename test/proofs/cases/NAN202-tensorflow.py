"""tf.where around a logarithm.

Expected: value finite, gradient nan
"""
import tensorflow as tf

from proof import prove


def log_likelihood(counts, rates):
    return tf.reduce_sum(tf.where(rates > 0.0, counts * tf.math.log(rates), 0.0))  # hazard


prove(
    log_likelihood,
    edge=[(tf.constant([1.0, 2.0]), tf.constant([0.0, 4.0]))],
    ordinary=[(tf.constant([1.0, 2.0]), tf.constant([0.5, 4.0]))],
)
