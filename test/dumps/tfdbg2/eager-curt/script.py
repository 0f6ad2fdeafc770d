"""Without a function: operations one by one, of which only whether they are healthy is kept."""

import sys

import tensorflow as tf

tf.debugging.experimental.enable_dump_debug_info(sys.argv[1] + "/dump", "CURT_HEALTH", circular_buffer_size=-1)


def normalise(x):
    return x / tf.reduce_sum(x)  # blamed


normalise(tf.constant([1.0, 2.0]))
print(float(tf.reduce_max(normalise(tf.constant([1.0, -1.0])))))
tf.debugging.experimental.disable_dump_debug_info()
