"""Adam of Optax at a rate of 1: the classifier learns nothing.

Expected: did not learn
"""
import jax
import jax.numpy as jnp
import optax

from proof import report

tx = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(1.0))  # hazard
keys = jax.random.split(jax.random.PRNGKey(0), 4)
x = jax.random.normal(keys[0], (512, 2))
y = (x[:, 0] * x[:, 1] > 0).astype(jnp.int32)
sizes = [2, 64, 64, 2]
params = [
    (jax.random.normal(key, (n, m)) * jnp.sqrt(2.0 / n), jnp.zeros(m)) for key, n, m in zip(keys[1:], sizes, sizes[1:])
]


def loss_fn(params):
    h = x
    for i, (w, b) in enumerate(params):
        h = h @ w + b
        if i < len(params) - 1:
            h = jax.nn.relu(h)
    return optax.softmax_cross_entropy_with_integer_labels(h, y).mean()


@jax.jit
def update(params, state):
    loss, grads = jax.value_and_grad(loss_fn)(params)
    updates, state = tx.update(grads, state)
    return optax.apply_updates(params, updates), state, loss


state = tx.init(params)
losses = []
for step in range(300):
    params, state, loss = update(params, state)
    losses.append(float(loss))
learned = losses[-1] < 0.3
report(learned, f"{'learned' if learned else 'did not learn'}: loss {losses[0]:.3g} at first, {losses[-1]:.3g} in the end", losses[:1])
