"""jnp.log of a relu: a clamp is spelt jnp.clip or jnp.maximum here.

Expected: value -inf, gradient finite
"""
import jax
import jax.numpy as jnp

from proof import prove


def log_rate(x):
    rate = jax.nn.relu(x)
    return jnp.sum(jnp.log(rate))  # hazard


prove(log_rate, edge=[(jnp.array([-1.0, 2.0]),)], ordinary=[(jnp.array([0.5, 2.0]),)])
