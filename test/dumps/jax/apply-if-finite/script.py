import jax
import jax.numpy as jnp
import optax

optimizer = optax.apply_if_finite(optax.sgd(0.1), max_consecutive_errors=3)
weights = jnp.array([1.0, 2.0])
state = optimizer.init(weights)


def loss(weights, inputs):
    return jnp.sqrt(((weights * inputs) ** 2).sum())


for step in range(6):
    inputs = jnp.array([0.0, 0.0]) if step == 4 else jnp.array([1.0, 0.5])
    value, gradient = jax.value_and_grad(loss)(weights, inputs)
    updates, state = optimizer.update(gradient, state, weights)
    weights = optax.apply_updates(weights, updates)
    print(f"step {step} loss {value:.4f} notfinite_count={state.notfinite_count} last_finite={state.last_finite}")
