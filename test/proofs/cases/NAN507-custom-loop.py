"""A loop of one's own under mixed_float16: nothing scales the loss, and every gradient is 0.

Expected: did not learn
"""
import tensorflow as tf

from half_precision import small_signals, verdict

tf.keras.mixed_precision.set_global_policy("mixed_float16")
tf.keras.utils.set_random_seed(0)
model = tf.keras.Sequential([tf.keras.Input((64,)), tf.keras.layers.Dense(64, use_bias=False, kernel_initializer="zeros")])
optimizer = tf.keras.optimizers.SGD(1.0)
losses = []

for x, y in small_signals(30):
    with tf.GradientTape() as tape:
        prediction = model(tf.constant(x.numpy()), training=True)
        loss = tf.reduce_mean((tf.cast(prediction, tf.float32) - tf.constant(y.numpy())) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)  # hazard
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    losses.append(float(loss))

verdict(losses)
