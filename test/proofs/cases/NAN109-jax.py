"""Padding in JAX.

Expected: value nan, gradient (finite|nan)
"""
import jax.numpy as jnp

from proof import prove


def masked(scores):
    mask = (jnp.arange(scores.shape[-1]) >= 2).astype(scores.dtype)
    return jnp.exp(scores - mask * jnp.inf)  # hazard


prove(
    masked,
    edge=[(jnp.array([1.0, 2.0, 3.0]),)],
    ordinary=[(jnp.zeros((0, 3)),)],
)
