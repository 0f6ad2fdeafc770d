import jax
import jax.numpy as jnp
import rich.traceback

jax.config.update("jax_debug_nans", True)
rich.traceback.install()


def entropy(shares):
    return -(shares * jnp.log(shares)).sum()  # blamed


for step in range(4):
    shares = jnp.array([0.75 - 0.25 * step, 0.25 + 0.25 * step])
    print("step", step, "entropy", entropy(shares))
