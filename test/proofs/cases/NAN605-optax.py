r"""Optax takes the logarithm of the predictions first.

Expected: -\d\.\d+ where the divergence is 0\.\d+
"""
import jax
import jax.numpy as jnp
import optax

from proof import report


def divergence(student, teacher):
    a = jax.nn.softmax(student)
    return optax.kl_divergence(a, jax.nn.softmax(teacher)).mean()  # hazard


logits = jnp.array([[2.0, -1.0, 0.5], [0.0, 0.3, -0.2]])
other = jnp.array([[1.0, 0.0, 0.0], [0.5, 0.0, 1.0]])
p, q = jax.nn.softmax(logits), jax.nn.softmax(other)
wanted = float((q * (jnp.log(q) - jnp.log(p))).sum(1).mean())
seen = float(divergence(logits, other))
report(abs(seen - wanted) < 1e-5, f"{seen:.4f} where the divergence is {wanted:.4f}")
