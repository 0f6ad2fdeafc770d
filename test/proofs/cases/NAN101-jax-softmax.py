"""jnp.log of jax.nn.softmax.

Expected: value nan, gradient nan
"""
import jax
import jax.numpy as jnp

from proof import prove


def loss(logits, labels):
    log_probs = jnp.log(jax.nn.softmax(logits, axis=-1))  # hazard
    return -jnp.mean(jnp.sum(labels * log_probs, axis=-1))


prove(
    loss,
    edge=[(jnp.array([[0.0, 200.0]]), jnp.array([[0.0, 1.0]]))],
    ordinary=[(jnp.array([[0.0, 2.0]]), jnp.array([[0.5, 0.5]]))],
)
