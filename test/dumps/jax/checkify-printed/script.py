import jax.numpy as jnp
from jax.experimental import checkify


def ratio(a, b):
    return a / (b - b.max())


error, out = checkify.checkify(ratio, errors=checkify.nan_checks)(jnp.zeros(2), jnp.array([1.0, 2.0]))
print("checks:", error.get())
print("done, mean", out.sum())
