import tensorflow as tf


@tf.function
def attend(scores, temperature):
    scaled = tf.math.divide(scores, temperature)
    scaled = tf.debugging.check_numerics(scaled, "attention scores, before softmax")  # blamed
    return tf.nn.softmax(scaled)


for epoch in range(1, 4):
    print("epoch", epoch)
    attend(tf.constant([[0.0, 2.0]]), tf.constant(2.0 - epoch))
