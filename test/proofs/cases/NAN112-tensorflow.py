"""A repeated column makes the normal equations singular, and the factor NaN.

Expected: value nan, gradient nan
"""
import tensorflow as tf

from proof import prove


def log_likelihood(x):
    moment = tf.matmul(x, x, transpose_a=True)
    return tf.linalg.logdet(moment) + tf.reduce_sum(tf.linalg.cholesky(moment))  # hazard: 2


prove(
    log_likelihood,
    edge=[(tf.constant([[1.0, 1.0], [2.0, 2.0]]),)],
    ordinary=[(tf.constant([[1.0, 3.0], [2.0, 1.0]]),)],
)
