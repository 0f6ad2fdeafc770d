r"""Optax's binary cross-entropy takes scores.

Expected: last loss 0\.5\d+ at an accuracy of
"""
import jax
import jax.numpy as jnp
import optax

from wrong_loss import arrays, verdict


def loss_fn(w, x, y):
    scores = (x - 1 / 3) @ w
    p = jax.nn.sigmoid(scores)
    return optax.sigmoid_binary_cross_entropy(p, y).mean(), ((scores > 0) == (y > 0)).mean()  # hazard


points, kinds = arrays()
x, y = jnp.asarray(points), jnp.asarray(kinds == 1, dtype=jnp.float32)
w = jnp.zeros(3)
losses = []
for _ in range(100):
    (loss, accuracy), gradient = jax.value_and_grad(loss_fn, has_aux=True)(w, x, y)
    w = w - 20.0 * gradient
    losses.append(float(loss))

verdict(losses, accuracy)
