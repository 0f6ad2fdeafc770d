"""An epsilon beside a norm in JAX.

Expected: value finite, gradient nan
"""
import jax.numpy as jnp

from proof import prove


def contrastive(a, b):
    distance = jnp.linalg.norm(a - b, axis=-1) + 1e-8  # hazard
    return jnp.mean(jnp.maximum(1.0 - distance, 0.0))


prove(
    contrastive,
    edge=[(jnp.ones((2, 3)), jnp.ones((2, 3)))],
    ordinary=[(jnp.zeros((2, 3)), jnp.full((2, 3), 0.25))],
)
