"""tf.math.log of a relu, with the epsilon's dtype to fit.

Expected: value -inf, gradient nan
"""
import tensorflow as tf

from proof import prove


def log_rate(x):
    rate = tf.nn.relu(x)
    return tf.reduce_sum(tf.math.log(rate))  # hazard


prove(log_rate, edge=[(tf.constant([-1.0, 2.0]),)], ordinary=[(tf.constant([0.5, 2.0]),)])
