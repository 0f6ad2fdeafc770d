"""The cube root of a value of either sign in TensorFlow.

Expected: value nan
"""
import tensorflow as tf

from proof import prove


def warp(x):
    y = tf.tanh(x)
    return tf.pow(y, 1.0 / 3.0)  # hazard


prove(warp, edge=[(tf.constant([-0.5, 0.2, 2.0]),)], ordinary=[(tf.constant([0.5, 1.5]),)])
