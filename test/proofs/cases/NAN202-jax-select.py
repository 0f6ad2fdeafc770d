"""jax.lax.select around a logarithm.

Expected: value finite, gradient nan
"""
import jax
import jax.numpy as jnp

from proof import prove


def select_log(x):
    return jax.lax.select(x > 0, jnp.log(x), jnp.zeros_like(x))  # hazard


prove(select_log, edge=[(jnp.array([0.0, 2.0]),)], ordinary=[(jnp.array([0.5, 2.0]),)])
