"""The same in JAX.

Expected: value nan
"""
import jax
import jax.numpy as jnp

from proof import prove


def pool(features, valid_mask):
    scores = features * 2.0
    scores = jnp.where(valid_mask, scores, -jnp.inf)  # hazard
    weights = jax.nn.softmax(scores, axis=-1)
    return (weights * features).sum(-1)


prove(
    pool,
    edge=[(jnp.array([[1.0, 2.0], [0.5, 0.1]]), jnp.array([[True, False], [False, False]]))],
    ordinary=[(jnp.array([[1.0, 2.0, 3.0]]), jnp.array([[True, True, False]]))],
)
