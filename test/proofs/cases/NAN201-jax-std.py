"""A std in JAX, of equal values.

Expected: value finite, gradient nan
"""
import jax.numpy as jnp

from proof import prove


def spread(x):
    return jnp.std(x, axis=0).sum()  # hazard


prove(
    spread,
    edge=[(jnp.array([[1.0], [1.0]]),)],
    ordinary=[(jnp.array([[1.0], [3.0]]),)],
)
