"""An epsilon beside a logarithm in TensorFlow.

Expected: value inf, gradient .*
"""
import tensorflow as tf

from proof import prove


def log_loss(p):
    return -tf.reduce_mean(tf.math.log(p) + 1e-7)  # hazard


prove(
    log_loss,
    edge=[(tf.constant([0.0, 1.0]),)],
    ordinary=[(tf.constant([0.5, 1.0]),)],
)
