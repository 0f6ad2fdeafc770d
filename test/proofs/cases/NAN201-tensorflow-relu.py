"""TensorFlow multiplies the gradient of a relu by 0, and 0 times infinity is NaN.

Expected: value finite, gradient nan
"""
import tensorflow as tf

from proof import prove


def features(x):
    return tf.sqrt(tf.nn.relu(x))  # hazard


prove(
    features,
    edge=[(tf.constant([-1.0, 2.0]),)],
    ordinary=[(tf.constant([1.0, 2.0]),)],
)
