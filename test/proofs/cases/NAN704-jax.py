"""A constant feature under JAX, where the deviation's own gradient is NaN too.

Expected: edge 0: value nan, gradient nan
"""
import jax.numpy as jnp

from proof import prove


def standardise(x):
    return (x - jnp.mean(x, axis=0)) / jnp.std(x, axis=0)  # hazard


prove(
    standardise,
    edge=[(jnp.array([[1.0, 5.0], [2.0, 5.0]]),)],
    ordinary=[(jnp.array([[10.0, 500.0], [200.0, 100.0]]),)],
)
