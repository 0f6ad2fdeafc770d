"""tf.clip_by_value after a logarithm.

Expected: value finite, gradient nan
"""
import tensorflow as tf

from proof import prove


def log_prob(p):
    return tf.clip_by_value(tf.math.log(p), -50.0, 0.0)  # hazard


prove(
    log_prob,
    edge=[(tf.constant([0.0, 0.5]),)],
    ordinary=[(tf.constant([0.25, 0.5]),)],
)
