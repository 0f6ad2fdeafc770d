"""The debugger keeps the last 40 events only: those of the call in which NaN first appeared are gone."""

import sys

import tensorflow as tf

tf.debugging.experimental.enable_dump_debug_info(sys.argv[1] + "/dump", "CONCISE_HEALTH", circular_buffer_size=40)


@tf.function
def step(x):
    root = tf.sqrt(x)  # blamed
    return tf.reduce_sum(root) * 2.0


for i in range(30):
    step(tf.constant([3.0, 2.0, 1.0]) - 0.5 * tf.cast(i, tf.float32))
tf.debugging.experimental.disable_dump_debug_info()
