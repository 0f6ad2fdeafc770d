"""A function that takes the logarithm of a softmax; the weights grow until a probability is exactly 0."""

import sys

import tensorflow as tf

tf.debugging.experimental.enable_dump_debug_info(sys.argv[1] + "/dump", "FULL_HEALTH", circular_buffer_size=-1)
tf.random.set_seed(0)
weights = tf.Variable(tf.ones((2, 2)) * tf.constant([[1.0, -1.0], [0.5, -0.5]]))


def negative_log_likelihood(p, target):
    return -tf.reduce_mean(tf.reduce_sum(target * tf.math.log(p), axis=-1))  # blamed


@tf.function
def train_step(x, target):
    with tf.GradientTape() as tape:
        loss = negative_log_likelihood(tf.nn.softmax(x @ weights), target)
    weights.assign_sub(20.0 * tape.gradient(loss, weights))
    return loss


x = tf.constant([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
target = tf.constant([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
for step in range(4):
    train_step(x, target)
tf.debugging.experimental.disable_dump_debug_info()
