"""A Gaussian process by hand: nothing is left of the variance where there is a datum.

Expected: value nan
"""
import jax.numpy as jnp

from proof import prove


def kernel(a, b):
    return jnp.exp(-0.5 * (a[:, None] - b[None]) ** 2)


def deviation(x_new, x):
    k_px = kernel(x_new, x)
    inverse = jnp.linalg.inv(kernel(x, x))
    covariance = kernel(x_new, x_new) - jnp.matmul(k_px, jnp.matmul(inverse, jnp.transpose(k_px)))
    return jnp.sqrt(jnp.diag(covariance))  # hazard


prove(
    deviation,
    edge=[(jnp.linspace(0.0, 6.0, 9), jnp.linspace(0.0, 6.0, 9))],
    ordinary=[(jnp.array([1.5, 3.1]), jnp.array([0.0, 5.0]))],
)
