"""nan_to_num in JAX.

Expected: value finite, gradient nan
"""
import jax.numpy as jnp

from proof import prove


def normalise(x, scale):
    return jnp.nan_to_num(x / scale)  # hazard


prove(
    normalise,
    edge=[(jnp.array([0.0, 2.0]), jnp.array([0.0, 4.0]))],
    ordinary=[(jnp.array([1.0, 2.0]), jnp.array([2.0, 4.0]))],
)
