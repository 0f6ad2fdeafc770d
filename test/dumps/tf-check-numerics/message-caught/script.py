import tensorflow as tf


def guarded(value, name):
    return tf.debugging.assert_all_finite(value, f"{name} is not finite")


state = tf.constant([1.0, 3.0])
for step in range(6):
    try:
        state = guarded(state * state * 1e9, "state")
    except tf.errors.InvalidArgumentError as error:
        print("stopped early:", error)
        break
    print("step", step, "state", state.numpy().max())
