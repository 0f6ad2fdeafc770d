"""A power below 1 of a relu in TensorFlow, which multiplies an infinite gradient by 0.

Expected: gradient nan
"""
import tensorflow as tf

from proof import prove


def curve(x):
    return tf.pow(tf.nn.relu(x), 0.3)  # hazard


prove(curve, edge=[(tf.constant([-0.5, 0.2, 2.0]),)], ordinary=[(tf.constant([0.5, 1.5]),)])
