import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))  # blamed


def cross_entropy(probabilities, labels):
    return -np.where(labels == 1, np.log(probabilities), np.log(1 - probabilities)).mean()


inputs = np.array([[0.5, 1.0], [1.5, -2.0], [-1.0, 0.25]])
labels = np.array([1, 0, 1])
weights = np.array([0.1, -0.2])
for epoch in range(4):
    probabilities = sigmoid(inputs @ weights)
    print(f"epoch {epoch} loss {cross_entropy(probabilities, labels):.4f}")
    weights -= 5000.0 * inputs.T @ (probabilities - labels) / len(labels)
