import jax
import jax.numpy as jnp
from jax.experimental import checkify


def update(weights, counts):
    return weights - 0.1 * jnp.where(counts > 0, 1 / counts, 0)  # blamed


checked = checkify.checkify(jax.jit(update), errors=checkify.float_checks)
weights = jnp.zeros(3)
for it in range(4):
    error, weights = checked(weights, jnp.array([3.0, 2.0 - it, 1.0]))
    checkify.check_error(error)
    print("it", it, "mean", weights.mean())
