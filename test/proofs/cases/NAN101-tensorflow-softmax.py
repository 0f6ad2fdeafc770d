"""tf.math.log of tf.nn.softmax.

Expected: value nan, gradient nan
"""
import tensorflow as tf

from proof import prove


def loss(logits, labels):
    log_p = tf.math.log(tf.nn.softmax(logits))  # hazard
    return -tf.reduce_mean(tf.reduce_sum(labels * log_p, axis=-1))


prove(
    loss,
    edge=[(tf.constant([[0.0, 200.0]]), tf.constant([[0.0, 1.0]]))],
    ordinary=[(tf.constant([[0.0, 2.0]]), tf.constant([[0.5, 0.5]]))],
)
