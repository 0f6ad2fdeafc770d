"""The cube root of a value of either sign in JAX.

Expected: value nan
"""
import jax.numpy as jnp

from proof import prove


def warp(x):
    y = jnp.tanh(x)
    return jnp.power(y, 1.0 / 3.0)  # hazard


prove(warp, edge=[(jnp.array([-0.5, 0.0, 2.0]),)], ordinary=[(jnp.array([0.5, 1.5]),)])
