"""XLA flushes subnormal numbers to 0 on the CPU too.

Expected: value -inf
"""
import jax
import jax.numpy as jnp

from proof import prove


def log_mask(mask):
    return jnp.log(mask + 1e-45)  # hazard


prove(jax.jit(log_mask), edge=[(jnp.array([0.0, 1.0]),)], ordinary=[(jnp.array([1.0]),)])
