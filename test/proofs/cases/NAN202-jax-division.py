"""jnp.where around a division.

Expected: value finite, gradient nan
"""
import jax.numpy as jnp

from proof import prove


def divide_no_nan(x1, x2):
    return jnp.where(x2 == 0, 0, jnp.divide(x1, x2))  # hazard


prove(
    divide_no_nan,
    edge=[(jnp.array([1.0, 2.0]), jnp.array([0.0, 4.0]))],
    ordinary=[(jnp.array([1.0, 2.0]), jnp.array([-2.0, 4.0]))],
)
