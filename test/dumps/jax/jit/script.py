import jax
import jax.numpy as jnp

jax.config.update("jax_debug_nans", True)


@jax.jit
def entropy(probabilities):
    return -(probabilities * jnp.log(probabilities)).sum()  # blamed


for iteration in range(4):
    rest = 0.3 - iteration * 0.1 if iteration < 3 else 0.0
    print("iteration", iteration, "entropy", entropy(jnp.array([1.0 - rest, rest])))
