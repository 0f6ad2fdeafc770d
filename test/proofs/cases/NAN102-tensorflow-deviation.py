"""The deviation of equal values is 0; TensorFlow's gradient of it is NaN there too, which is NAN201's to say, so the
gradient is stopped.

Expected: value nan
"""
import tensorflow as tf

from proof import prove


def standardise(x):
    x = tf.stop_gradient(x)
    return (x - tf.reduce_mean(x)) / tf.math.reduce_std(x)  # hazard


prove(standardise, edge=[(tf.fill([4], 3.0),)], ordinary=[(tf.constant([1.0, 2.0, 5.0]),)])
