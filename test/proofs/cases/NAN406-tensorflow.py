"""The logarithm of a zero is masked away afterwards; enable_check_numerics ends the run at it.

Expected: Tensor had -Inf values
"""
import tensorflow as tf

from proof import report

tf.debugging.enable_check_numerics()  # hazard

counts = tf.constant([3.0, 0.0, 1.0])
logs = tf.where(counts > 0, tf.math.log(counts), 0.0)
report(bool(tf.reduce_all(tf.math.is_finite(logs))), f"logarithms {logs.numpy().tolist()}")
