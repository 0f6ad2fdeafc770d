"""jax.numpy computes in float32, where 1 - 1e-10 is 1.

Expected: value inf
"""
import jax
import jax.numpy as jnp

from proof import prove


def odds(scores):
    p = jnp.clip(jax.nn.sigmoid(scores), 1e-10, 1 - 1e-10)  # hazard
    return p / (1 - p)


prove(odds, edge=[(jnp.array([200.0]),)], ordinary=[(jnp.array([0.5, -1.0]),)])
