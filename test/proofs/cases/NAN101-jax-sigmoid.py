"""jnp.log of a sigmoid that is imported as a name, and of its complement.

Expected: value nan, gradient nan
"""
import jax.numpy as jnp
from jax.nn import sigmoid

from proof import prove


def bce(scores, y):
    p = sigmoid(scores)
    return -jnp.mean(y * jnp.log(p) + (1 - y) * jnp.log(1 - p))  # hazard: 2


prove(
    bce,
    edge=[(jnp.array([200.0, -200.0]), jnp.array([1.0, 0.0])), (jnp.array([30.0]), jnp.array([0.0]))],
    ordinary=[(jnp.array([2.0, -1.0]), jnp.array([1.0, 0.0]))],
)
