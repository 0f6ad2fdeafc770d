"""TensorFlow: acos of a clipped cosine.

Expected: value finite, gradient (nan|-?inf)
"""
import tensorflow as tf

from proof import prove


def angle(cosine):
    return tf.reduce_sum(tf.acos(tf.clip_by_value(cosine, -1.0, 1.0)))  # hazard


prove(angle, edge=[(tf.constant([1.0, 0.5]),)], ordinary=[(tf.constant([0.3, -0.7]),)])
