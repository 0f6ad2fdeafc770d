import jax
import jax.numpy as jnp

jax.config.update("jax_debug_nans", True)


def spread(values):
    variance = (values**2).mean() - values.mean() ** 2 - 0.1
    return jnp.sqrt(variance)  # blamed


for step in range(5):
    print(f"step {step}: spread {spread(jnp.array([2.0, 2.0, 4.0 - step])):.5f}")
