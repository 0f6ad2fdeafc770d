import jax
import jax.numpy as jnp

jax.config.update("jax_debug_nans", True)


def angle(cosine):
    return jnp.arccos(cosine)  # blamed


for step in range(4):
    print("step", step, "angle", angle(jnp.float32(0.25 + 0.3 * step)))
