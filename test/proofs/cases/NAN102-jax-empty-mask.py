"""The sum of a mask that holds nowhere is 0 in JAX as well.

Expected: value nan
"""
import jax.numpy as jnp

from proof import prove


def masked_mean(x, mask):
    return jnp.sum(x * mask) / jnp.sum(mask)  # hazard


x = jnp.array([1.0, 2.0, 3.0])
prove(masked_mean, edge=[(x, jnp.array([0, 0, 0]))], ordinary=[(x, jnp.array([1, 0, 1]))])
