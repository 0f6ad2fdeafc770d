"""A norm in JAX, whose gradient is not defined at 0.

Expected: value finite, gradient nan
"""
import jax.numpy as jnp

from proof import prove


def contact(a, b):
    return jnp.linalg.norm(a - b, axis=-1)  # hazard


prove(
    contact,
    edge=[(jnp.array([[1.0, 2.0]]), jnp.array([[1.0, 2.0]]))],
    ordinary=[(jnp.array([[1.0, 2.0]]), jnp.array([[3.0, -1.0]]))],
)
