"""The root of an Optax loss that is exactly 0, as it is for a perfect prediction.

Expected: gradient nan
"""
import jax.numpy as jnp
import optax

from proof import prove


def rmse(predictions, targets):
    return jnp.sqrt(jnp.mean(optax.squared_error(predictions, targets)))  # hazard


prove(
    rmse,
    edge=[(jnp.array([1.0, 2.0]), jnp.array([1.0, 2.0]))],
    ordinary=[(jnp.array([1.0, 2.0]), jnp.array([0.5, 2.5]))],
)
