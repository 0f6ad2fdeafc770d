"""TensorFlow converts the constant to the mask's float16 first: 0 * -inf is NaN at every token that is kept.

Expected: value nan
"""
import tensorflow as tf

from proof import prove


def attend(scores, mask):
    mask = tf.cast(mask, tf.float16)
    scores = scores + (1.0 - mask) * -1e9  # hazard
    return tf.nn.softmax(scores, axis=-1)


prove(
    attend,
    edge=[(tf.constant([[1.0, 2.0, 3.0]], tf.float16), tf.constant([[1, 1, 0]]))],
    ordinary=[],
)
