r"""The name says with_logits, and is given probabilities.

Expected: last loss 0\.5\d+ at an accuracy of
"""
import tensorflow as tf

from wrong_loss import arrays, verdict

points, kinds = arrays()
x, y = tf.constant(points - 1 / 3, tf.float32), tf.constant(kinds == 1, tf.float32)
w = tf.Variable(tf.zeros((3, 1)))
losses = []
for _ in range(100):
    with tf.GradientTape() as tape:
        scores = tf.squeeze(x @ w, 1)
        p = tf.nn.sigmoid(scores)
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=p))  # hazard
    w.assign_sub(20.0 * tape.gradient(loss, w))
    losses.append(float(loss))

verdict(losses, tf.reduce_mean(tf.cast((scores > 0) == (y > 0), tf.float32)))
