"""Softmax by hand in JAX.

Expected: value nan, gradient nan
"""
import jax.numpy as jnp

from proof import prove


def compute(x):
    y = jnp.exp(x) / jnp.sum(jnp.exp(x), axis=-1, keepdims=True)  # hazard
    return y[0]


prove(
    compute,
    edge=[(jnp.array([[0.0, 100.0]]),)],
    ordinary=[(jnp.array([[0.5, 1.0]]),)],
)
