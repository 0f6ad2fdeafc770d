import jax
import jax.numpy as jnp

jax.config.update("jax_debug_nans", True)


@jax.jit
def distance(weights, inputs):
    return jnp.sqrt(((inputs @ weights) ** 2).sum())


weights = jnp.ones(2)
for step in range(4):
    inputs = jnp.array([[1.0, -1.0 if step == 3 else float(step)]])
    loss, gradient = jax.value_and_grad(distance)(weights, inputs)  # blamed
    print(f"step {step} loss {loss:.4f} grad_norm {jnp.abs(gradient).max():.4f}")
