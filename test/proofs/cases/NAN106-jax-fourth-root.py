"""The fourth root of a sum of squares in JAX, of a zero vector.

Expected: gradient nan
"""
import jax.numpy as jnp

from proof import prove


def norm(x):
    return jnp.sum(jnp.square(x), axis=-1) ** 0.25  # hazard


prove(norm, edge=[(jnp.zeros((2, 3)),)], ordinary=[(jnp.array([[0.5, 1.5, -1.0]]),)])
