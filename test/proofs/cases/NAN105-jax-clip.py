"""JAX: arccos of a clipped cosine. Here the gradient of the clip is 0 times the infinite one.

Expected: value finite, gradient nan
"""
import jax.numpy as jnp

from proof import prove


def angle(cosine):
    return jnp.sum(jnp.arccos(jnp.clip(cosine, -1.0, 1.0)))  # hazard


prove(angle, edge=[(jnp.array([1.5, 0.5]),)], ordinary=[(jnp.array([0.3, -0.7]),)])
