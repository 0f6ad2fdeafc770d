"""The same in JAX, where the bad gradient stays in the update.

Expected: edge 0: value nan
"""
import jax.numpy as jnp

from proof import prove


def cleaned(gradients):
    return jnp.where(gradients == jnp.nan, 0.0, gradients)  # hazard


prove(
    cleaned,
    edge=[(jnp.array([1.0, jnp.nan]),)],
    ordinary=[(jnp.array([1.0, -2.0]),)],
)
