"""TensorFlow computes in float32, where 1 - 1e-8 is 1.

Expected: value inf
"""
import tensorflow as tf

from proof import prove


def odds(scores):
    p = tf.clip_by_value(tf.sigmoid(scores), 1e-8, 1 - 1e-8)  # hazard
    return p / (1 - p)


prove(odds, edge=[(tf.constant([200.0]),)], ordinary=[(tf.constant([0.5, -1.0]),)])
