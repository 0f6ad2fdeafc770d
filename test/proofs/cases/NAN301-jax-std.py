"""An epsilon beside a std in JAX.

Expected: value finite, gradient nan
"""
import jax.numpy as jnp

from proof import prove


def layer_norm(x):
    return (x - jnp.mean(x, axis=-1, keepdims=True)) / (jnp.std(x, axis=-1, keepdims=True) + 1e-6)  # hazard


prove(
    layer_norm,
    edge=[(jnp.ones((2, 3)),)],
    ordinary=[(jnp.array([[1.0, 2.0, 4.0]]),)],
)
