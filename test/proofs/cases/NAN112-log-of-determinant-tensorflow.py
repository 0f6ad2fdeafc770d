"""The same in TensorFlow.

Expected: value -inf, gradient (nan|-?inf)
"""
import tensorflow as tf

from proof import prove


def volume(weight):
    return tf.math.log(tf.linalg.det(weight))  # hazard


prove(volume, edge=[(0.01 * tf.eye(40),)], ordinary=[(tf.constant([[2.0, 0.5], [0.5, 1.0]]),)])
