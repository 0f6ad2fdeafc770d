import tensorflow as tf

weights = [tf.Variable([2.0, 1.0]), tf.Variable([[1.0]])]


def clipped(gradients):
    norm = tf.linalg.global_norm(gradients)
    tf.debugging.check_numerics(norm, "Found Inf or NaN global norm.")  # blamed
    return tf.clip_by_global_norm(gradients, 1.0, use_norm=norm)[0]


for step in range(4):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(weights[0] ** 2) / (3.0 - step) + tf.sqrt(tf.reduce_sum(weights[1]) * (3 - step))
    clipped(tape.gradient(loss, weights))
    print(f"step: {step}, loss: {float(loss):.3f}")
