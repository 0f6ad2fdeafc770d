r"""Variables with the default deviation of 1: the softmax is certain of everything from the start.

Expected: the first loss is \d{2,}
"""
import tensorflow as tf

from proof import report

tf.random.set_seed(0)
w = tf.Variable(tf.random.normal([784, 256]))  # hazard
v = tf.Variable(tf.random.normal([256, 10]))  # hazard
x, y = tf.random.normal([64, 784]), tf.random.uniform([64], 0, 10, tf.int32)
logits = tf.matmul(tf.nn.relu(tf.matmul(x, w)), v)
loss = float(tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)))
report(loss < 5, f"the first loss is {loss}")
