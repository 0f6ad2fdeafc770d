"""jnp.maximum after a logarithm.

Expected: value finite, gradient nan
"""
import jax.numpy as jnp

from proof import prove


def log_prob(p):
    return jnp.maximum(jnp.log(p), -100.0)  # hazard


prove(
    log_prob,
    edge=[(jnp.array([0.0, 0.5]),)],
    ordinary=[(jnp.array([0.25, 0.5]),)],
)
