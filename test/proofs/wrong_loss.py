"""Data that a linear model separates, and the verdict on a loss: a right one comes near 0 on it."""

from __future__ import annotations

from typing import Any, Iterator, Sequence

from proof import report


def arrays(count: int = 96, kinds: int = 3) -> tuple[Any, Any]:
    """Points around corners of a cube, with the number of their corner."""
    import numpy as np

    random = np.random.default_rng(0)
    labels = np.arange(count) % kinds
    points = np.eye(kinds)[labels] + 0.05 * random.normal(size=(count, kinds))
    return points.astype("float32"), labels.astype("int64")


def classes(steps: int) -> Iterator[tuple[Any, Any]]:
    """The same batch again and again, for torch."""
    import torch

    points, labels = arrays()
    for _ in range(steps):
        yield torch.from_numpy(points), torch.from_numpy(labels)


def verdict(losses: Sequence[float], accuracy: Any) -> None:
    """Sound where the loss has come near 0 and every answer is right."""
    last = float(losses[-1])
    report(-0.01 < last < 0.2 and float(accuracy) > 0.99, f"last loss {last:.4f} at an accuracy of {float(accuracy)}")
