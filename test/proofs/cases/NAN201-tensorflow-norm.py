"""A norm in TensorFlow.

Expected: value finite, gradient nan
"""
import tensorflow as tf

from proof import prove


def distance(a, b):
    return tf.norm(a - b, axis=-1)  # hazard


prove(
    distance,
    edge=[(tf.constant([[1.0, 2.0]]), tf.constant([[1.0, 2.0]]))],
    ordinary=[(tf.constant([[1.0, 2.0]]), tf.constant([[3.0, -1.0]]))],
)
