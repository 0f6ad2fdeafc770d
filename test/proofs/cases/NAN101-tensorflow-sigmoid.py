"""tf.math.log of tf.sigmoid and of its complement.

Expected: value nan, gradient nan
"""
import tensorflow as tf

from proof import prove


def bce(scores, y):
    p = tf.sigmoid(scores)
    return -tf.reduce_mean(y * tf.math.log(p) + (1.0 - y) * tf.math.log(1.0 - p))  # hazard: 2


prove(
    bce,
    edge=[(tf.constant([200.0, -200.0]), tf.constant([1.0, 0.0])), (tf.constant([30.0]), tf.constant([0.0]))],
    ordinary=[(tf.constant([2.0, -1.0]), tf.constant([1.0, 0.0]))],
)
