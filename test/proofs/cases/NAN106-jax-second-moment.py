"""The second moment of gradients that are all 0, to a negative power.

Expected: value inf
"""
import jax.numpy as jnp

from proof import prove


def precondition(grads):
    row = jnp.mean(grads * grads, axis=-1)
    return row**-0.25  # hazard


prove(
    precondition,
    edge=[(jnp.array([[0.0, 0.0], [1.0, 2.0]]),)],
    ordinary=[(jnp.array([[0.3, 0.2], [1.0, 2.0]]),)],
)
