"""JAX raises nothing: an inverse, a factor or a solution of a singular matrix is NaN, and so is its gradient.

Expected: value nan, gradient nan
"""
import jax.numpy as jnp

from proof import prove


def log_likelihood(x):
    moment = x.T @ x
    factor = jnp.linalg.cholesky(moment)  # hazard
    solved = jnp.linalg.solve(moment, x.T)  # hazard
    return jnp.linalg.inv(moment).sum() + factor.sum() + solved.sum()  # hazard


prove(
    log_likelihood,
    edge=[(jnp.array([[1.0, 1.0], [2.0, 2.0]]),)],
    ordinary=[(jnp.array([[1.0, 3.0], [2.0, 1.0]]),)],
)
