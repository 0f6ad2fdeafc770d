"""Logistic regression by hand in NumPy: will a customer come back, from age and yearly spending."""
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def log_loss(y_true, y_pred):
    return -np.mean(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred))


def make_customers(n, rng):
    age = rng.uniform(18, 80, n)
    spending = rng.gamma(2.0, 400.0, n)
    returns = (spending + 10 * (80 - age) > 1000).astype(float)
    return np.column_stack([age, spending]), returns


def fit(X, y, lr=0.01, epochs=50):
    w = np.zeros(X.shape[1])
    b = 0.0
    losses = []
    for epoch in range(epochs):
        y_pred = sigmoid(X @ w + b)
        losses.append(log_loss(y, y_pred))
        error = y_pred - y
        w -= lr * X.T @ error / len(y)
        b -= lr * error.mean()
        if epoch % 10 == 0:
            print(f"epoch {epoch}: log loss = {losses[-1]}")
    return w, b, losses


if __name__ == "__main__":
    rng = np.random.default_rng(42)
    X, y = make_customers(500, rng)
    w, b, losses = fit(X, y)
    print(f"{sum(not np.isfinite(v) for v in losses)} of {len(losses)} losses are not finite")
