"""Data and verdict that the half-precision proofs share: signals so small that the gradient of their mean squared error
is below float16's smallest number, and is learned well in float32."""

import torch

from proof import report


def small_signals(count, batch_size=256, samples=64):
    """Yields (input of order 1, target of order 5e-5), both of shape (batch_size, samples)."""
    generator = torch.Generator().manual_seed(0)
    t = torch.linspace(0, 1, samples)
    for _ in range(count):
        frequency = 1 + 2 * torch.rand(batch_size, 1, generator=generator)
        wave = torch.sin(2 * torch.pi * frequency * t)
        yield wave + 0.1 * torch.randn(wave.shape, generator=generator), 5e-5 * wave


def verdict(losses):
    """Reports whether the loss fell to less than half; the first one is the same in every precision."""
    learned = losses[-1] < 0.5 * losses[0]
    words = "learned" if learned else "did not learn"
    report(learned, f"{words}: loss {losses[0]:.3g} at first, {losses[-1]:.3g} in the end")
