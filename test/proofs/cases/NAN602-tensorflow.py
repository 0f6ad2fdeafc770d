r"""The name says with_logits, and is given probabilities.

Expected: last loss 0\.5\d+ at an accuracy of 1\.0
"""
import tensorflow as tf

from wrong_loss import arrays, verdict

inputs, labels = arrays()
x, y = tf.constant(inputs), tf.constant(labels)
w = tf.Variable(tf.zeros((3, 3)))
losses = []
for _ in range(60):
    with tf.GradientTape() as tape:
        scores = x @ w
        p = tf.nn.softmax(scores)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=p))  # hazard
    w.assign_sub(20.0 * tape.gradient(loss, w))
    losses.append(float(loss))

verdict(losses, tf.reduce_mean(tf.cast(tf.argmax(scores, 1) == y, tf.float32)))
