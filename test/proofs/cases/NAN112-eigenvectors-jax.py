"""The same in JAX.

Tolerance: 1e-3, the eigenvalues move by 1e-6 and the vectors with them
Expected: value finite, gradient nan
"""
import jax.numpy as jnp

from proof import prove


def spectral_loss(x):
    moment = x.T @ x
    values, vectors = jnp.linalg.eigh(moment)  # hazard
    return jnp.sum(vectors**2 * values, axis=-1)[0]


prove(
    spectral_loss,
    edge=[(jnp.eye(3),)],
    ordinary=[(jnp.array([[1.0, 0.5], [0.0, 2.0]]),)],
)
