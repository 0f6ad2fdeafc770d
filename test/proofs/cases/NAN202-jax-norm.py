"""The unit vector of a zero vector in JAX: there the norm itself has no gradient.

Expected: value finite, gradient nan
"""
import jax.numpy as jnp

from proof import prove


def unit(v):
    n = jnp.linalg.norm(v)  # hazard
    return jnp.where(n > 0, v / n, 0.0)


prove(unit, edge=[(jnp.array([0.0, 0.0]),)], ordinary=[(jnp.array([3.0, 4.0]),)])
