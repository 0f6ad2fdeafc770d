import tensorflow as tf

tf.debugging.enable_check_numerics()
weight = tf.Variable([1.0, 2.0])


@tf.function
def train_step(inputs, target):
    with tf.GradientTape() as tape:
        error = tf.reduce_sum((weight * inputs - target) ** 2)
        loss = tf.sqrt(error)
    gradient = tape.gradient(loss, weight)  # blamed
    weight.assign_sub(0.0 * gradient)
    return loss


for step in range(5):
    target = [1.0, 2.0] if step == 3 else [0.0, 0.0]
    print(f"step {step} loss {float(train_step(tf.constant([1.0, 1.0]), tf.constant(target))):.4f}")
