"""Equal values under TensorFlow.

Expected: edge 0: value nan, gradient nan
"""
import tensorflow as tf

from proof import prove


def whiten(x):
    return (x - tf.reduce_mean(x)) / tf.math.reduce_std(x)  # hazard


prove(whiten, edge=[(tf.constant([3.0, 3.0]),)], ordinary=[(tf.constant([30.0, -70.0, 5.0]),)])
