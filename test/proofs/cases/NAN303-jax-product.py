"""In JAX the constant is float16 before it is multiplied: 0 * -inf is NaN where nothing is masked.

Tolerance: 1e-2, for float16 resolves 1e-3
Expected: value nan, gradient nan
"""
import jax
import jax.numpy as jnp

from proof import prove


def attend(scores, mask):
    mask = mask.astype(jnp.float16)
    scores = scores + (1 - mask) * -1e9  # hazard
    return jax.nn.softmax(scores, axis=-1) * mask


prove(
    attend,
    edge=[(jnp.array([1.0, 2.0], jnp.float16), jnp.array([1, 0])), (jnp.array([1.0, 2.0], jnp.float16), jnp.array([1, 1]))],
    ordinary=[],
)
