"""boolean_mask keeps every element, for each differs from NaN.

Expected: edge 0: value nan
"""
import tensorflow as tf

from proof import prove


def mean_of_valid(losses):
    losses = tf.nn.relu(losses)
    return tf.reduce_mean(tf.boolean_mask(losses, losses != float("nan")))  # hazard


prove(
    mean_of_valid,
    edge=[(tf.constant([1.0, float("nan")]),)],
    ordinary=[(tf.constant([1.0, 2.0]),)],
)
