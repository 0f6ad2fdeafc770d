"""A centered second moment in JAX: after one step it is the square less itself.

Expected: value nan
"""
import jax
import jax.numpy as jnp

from proof import prove


def update(gradient, nu, mu):
    return gradient * jax.lax.rsqrt(nu - jnp.square(mu) + 1e-10)  # hazard


gradient = jnp.array([0.7, 1.3, 2.7], dtype=jnp.float32)
nu = jnp.full((7, 3), gradient**2).mean(0)
mu = jnp.full((7, 3), gradient).mean(0)
prove(
    update,
    edge=[(gradient, nu, mu)],
    ordinary=[(gradient, jnp.array([2.0, 3.0, 9.0]), jnp.array([0.1, 0.2, 0.3]))],
)
