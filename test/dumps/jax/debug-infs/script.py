import jax
import jax.numpy as jnp

jax.config.update("jax_debug_infs", True)


@jax.jit
def weight(log_ratio):
    return jnp.exp(log_ratio)  # blamed


for i in range(6):
    print(i, weight(jnp.float32(4.0 * 2**i)))
