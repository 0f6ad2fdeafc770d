import jax.numpy as jnp
from jax.experimental import checkify


def step(rate):
    checkify.check(rate > 0, "the rate must be positive, not {rate}", rate=rate)
    return jnp.sqrt(rate)


error, _ = checkify.checkify(step)(jnp.float32(-1.0))
error.throw()
