"""The same in JAX.

Expected: value -inf, gradient (nan|inf)
"""
import jax.numpy as jnp

from proof import prove


def volume(weight):
    return jnp.log(jnp.linalg.det(weight))  # hazard


prove(volume, edge=[(0.01 * jnp.eye(40),)], ordinary=[(jnp.array([[2.0, 0.5], [0.5, 1.0]]),)])
